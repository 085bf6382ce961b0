import type { AuditWebhookOptions, JsonLinesOptions } from './audit/index.ts';
import { senderOf } from './outbound/index.ts';
import type { ApiSettings } from './settings.ts';

/** The file of audit events, and when it is full. */
export function auditFile(settings: ApiSettings): Omit<JsonLinesOptions, 'onError'> {
  const { KUBUS_AUDIT_LOG_MAX_BACKUPS: maxBackups, KUBUS_AUDIT_LOG_MAX_AGE: days } = settings;
  return {
    path: settings.KUBUS_AUDIT_LOG ?? '',
    maxSize: settings.KUBUS_AUDIT_LOG_MAX_SIZE * 1024 * 1024,
    retention: {
      ...(maxBackups === 0 ? {} : { maxBackups }),
      ...(days === 0 ? {} : { maxAgeMs: days * 24 * 3600 * 1000 }),
    },
  };
}

/** How long a webhook may take for a list; ms. */
const TIMEOUT_MS = 30_000;

/** The webhook of a kubeconfig, and how many events it gets when. Throws SettingsError. */
export async function auditWebhook(
  kubeconfig: string,
  settings: ApiSettings,
): Promise<Omit<AuditWebhookOptions, 'onError'>> {
  const throttle = {
    qps: settings.KUBUS_AUDIT_WEBHOOK_BATCH_THROTTLE_QPS,
    burst: settings.KUBUS_AUDIT_WEBHOOK_BATCH_THROTTLE_BURST,
  };
  return {
    send: await senderOf(kubeconfig, TIMEOUT_MS),
    bufferSize: settings.KUBUS_AUDIT_WEBHOOK_BATCH_BUFFER_SIZE,
    maxSize: settings.KUBUS_AUDIT_WEBHOOK_BATCH_MAX_SIZE,
    maxWaitMs: settings.KUBUS_AUDIT_WEBHOOK_BATCH_MAX_WAIT,
    ...(settings.KUBUS_AUDIT_WEBHOOK_BATCH_THROTTLE_ENABLE ? { throttle } : {}),
    initialBackoffMs: settings.KUBUS_AUDIT_WEBHOOK_INITIAL_BACKOFF,
  };
}
