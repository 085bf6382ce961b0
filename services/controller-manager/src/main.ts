import { runMain } from '@kubus/shared/lifecycle';
import { controllerManagerSettings, start } from './index.ts';

if (import.meta.main) await runMain({ service: 'controller-manager', settings: controllerManagerSettings, start });
