export { setPodDefaults, setPodSpecDefaults } from './defaults.ts';
export { podColumns } from './printing.ts';
export { amount, podRequests, type QosClass, qosClass } from './resources.ts';
export { validatePod, validatePodCreate, validatePodSpec } from './validate.ts';
export { validatePodStatus, validatePodUpdate } from './validate-update.ts';
