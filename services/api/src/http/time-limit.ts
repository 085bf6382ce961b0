import { StatusError } from '@kubus/shared/errors';

/** A request that is neither watch nor stream gets this long, in milliseconds (kube-apiserver --request-timeout). */
const REQUEST_TIMEOUT_MS = 60_000;

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** The time limit of a request in milliseconds: what `timeout` asks for, never above the server's. Throws BadRequest. */
export function timeLimitOf(query: URLSearchParams): number {
  const text = query.get('timeout');
  if (text === null || text === '' || text === '0') return REQUEST_TIMEOUT_MS;
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
    throw new StatusError(
      'BadRequest',
      `invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(text)}`,
    );
  }
  const sum = parts.reduce((total, [, amount, unit]) => total + Number(amount) * (unitMs[unit ?? ''] ?? 0), 0);
  return sum === 0 ? REQUEST_TIMEOUT_MS : Math.min(Math.max(1, sum), REQUEST_TIMEOUT_MS);
}
