import { certificateEnd } from '@kubus/shared/certificates';
import type { CertificateSigningRequest } from '@kubus/shared/schema';
import { parseTime } from '../common/time.ts';

const hour = 3600_000;
/** How long requests are kept once they have come to an end, or while nobody decides (Kubernetes: csrcleaner). */
const decidedMs = hour;
const pendingMs = 24 * hour;

/** Milliseconds until a request is to be deleted; undefined while nothing ends it: approved, and not signed by anybody yet. */
export function untilStale({ metadata, status }: CertificateSigningRequest, now: number): number | undefined {
  const conditions = status?.conditions ?? [];
  const at = (time: string | undefined, after: number): number[] => {
    const since = parseTime(time);
    return since === undefined ? [] : [since + after];
  };
  const ends = conditions.flatMap(({ type, lastUpdateTime }) => {
    const ended = type === 'Denied' || type === 'Failed' || (type === 'Approved' && status?.certificate);
    return ended ? at(lastUpdateTime, decidedMs) : [];
  });
  if (conditions.length === 0) ends.push(...at(metadata.creationTimestamp, pendingMs));
  if (status?.certificate && conditions.some(({ type }) => type === 'Approved')) {
    const end = certificateEnd(Buffer.from(status.certificate, 'base64').toString());
    if (end !== undefined) ends.push(end.getTime());
  }
  return ends.length === 0 ? undefined : Math.max(0, Math.min(...ends) - now);
}
