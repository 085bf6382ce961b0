import { runMain } from '@kubus/shared/lifecycle';
import { schedulerSettings, start } from './index.ts';

if (import.meta.main) await runMain({ service: 'scheduler', settings: schedulerSettings, start });
