export { AuditLog } from './audit-log.ts';
export type { AuditSubject, AuditTrail } from './contract.ts';
export { JsonLines, type JsonLinesOptions } from './json-lines.ts';
export { AuditStream } from './nats-stream.ts';
export { readPolicy } from './read-policy.ts';
export type { AuditRecord } from './record.ts';
export { AuditWebhook, type AuditWebhookOptions } from './webhook.ts';
