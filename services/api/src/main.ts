import { runMain } from '@kubus/shared/lifecycle';
import { apiSettings, start } from './index.ts';

await runMain({ service: 'api', settings: apiSettings, start });
