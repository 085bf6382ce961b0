import { runMain } from '@kubus/shared/lifecycle';
import { agentSettings, start } from './index.ts';

await runMain({ service: 'node-agent', settings: agentSettings, start });
