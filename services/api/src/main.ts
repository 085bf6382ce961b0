import { runMain } from '@kubus/shared/lifecycle';
import { apiSettings, start } from './index.ts';

if (import.meta.main) await runMain({ service: 'api', settings: apiSettings, start });
