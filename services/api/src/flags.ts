import { formatCidr } from '@kubus/shared/object';
import type { ApiSettings } from './settings.ts';

/** The settings of a replica as text, for /flagz: their values as the environment would have them. Whatever may hold a password is not shown. */
export function flagsOf(settings: ApiSettings): Record<string, string> {
  const { KUBUS_API_LISTEN: listen, KUBUS_SERVICE_CIDR: cidrs, KUBUS_SERVICE_NODE_PORT_RANGE: ports } = settings;
  const formatted: Partial<Record<keyof ApiSettings, string>> = {
    KUBUS_API_LISTEN: `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`,
    KUBUS_EVENT_TTL: `${settings.KUBUS_EVENT_TTL}ms`,
    KUBUS_AUDIT_WEBHOOK_BATCH_MAX_WAIT: `${settings.KUBUS_AUDIT_WEBHOOK_BATCH_MAX_WAIT}ms`,
    KUBUS_AUDIT_WEBHOOK_INITIAL_BACKOFF: `${settings.KUBUS_AUDIT_WEBHOOK_INITIAL_BACKOFF}ms`,
    KUBUS_SERVICE_CIDR: cidrs.map(formatCidr).join(),
    KUBUS_SERVICE_NODE_PORT_RANGE: `${ports.from}-${ports.to}`,
  };
  const flags: [string, string][] = Object.entries({ ...settings, ...formatted })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, shown(String(value))]);
  return Object.fromEntries(flags);
}

const shown = (value: string): string => (/:\/\/[^/]*@/.test(value) ? 'CLASSIFIED' : value);
