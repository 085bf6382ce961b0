export { type ApiSettings, apiSettings } from './settings.ts';
export { start } from './start.ts';
