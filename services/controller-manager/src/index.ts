export { type ControllerManagerSettings, controllerManagerSettings } from './settings.ts';
export { start } from './start.ts';
