export { AuditLog } from './audit-log.ts';
export type { AuditSink, AuditSubject, AuditTrail } from './contract.ts';
export { defaultPolicy } from './default-policy.ts';
export { JsonLines } from './json-lines.ts';
export { AuditStream, auditStream } from './nats-stream.ts';
export { readPolicy } from './read-policy.ts';
export type { AuditRecord } from './record.ts';
