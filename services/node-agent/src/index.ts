export { type AgentSettings, agentSettings } from './settings.ts';
export { start } from './start.ts';
