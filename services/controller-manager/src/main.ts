import { runMain } from '@kubus/shared/lifecycle';
import { controllerManagerSettings, start } from './index.ts';

await runMain({ service: 'controller-manager', settings: controllerManagerSettings, start });
