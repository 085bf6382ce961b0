import { runMain } from '@kubus/shared/lifecycle';
import { schedulerSettings } from './settings.ts';
import { start } from './start.ts';

if (import.meta.main) await runMain({ service: 'scheduler', settings: schedulerSettings, start });
