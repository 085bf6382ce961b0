export { Caller } from './caller.ts';
export { webhookConditions } from './conditions.ts';
export { Configurations } from './configurations.ts';
export type { Webhook, WebhookConfiguration, WebhookSpec } from './contract.ts';
export { MutatingWebhooks } from './mutating.ts';
export { type ConditionsHold, Selection } from './selection.ts';
export { ValidatingWebhooks } from './validating.ts';
