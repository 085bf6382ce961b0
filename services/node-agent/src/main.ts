import { runMain } from '@kubus/shared/lifecycle';
import { agentSettings, start } from './index.ts';

if (import.meta.main) await runMain({ service: 'node-agent', settings: agentSettings, start });
