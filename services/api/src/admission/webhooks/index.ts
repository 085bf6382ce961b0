export { Caller } from './caller.ts';
export { webhookConditions } from './conditions.ts';
export { Configurations } from './configurations.ts';
export type { WebhookConfiguration } from './contract.ts';
export { MutatingWebhooks } from './mutating.ts';
export { Selection } from './selection.ts';
export { ValidatingWebhooks } from './validating.ts';
