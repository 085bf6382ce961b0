import type { GroupResource } from '@kubus/shared/object';
import type { ResourceSize } from '../watchcache/index.ts';
import type { FlowSubject } from './classify.ts';

/** Undefined for what this replica has not listed yet, and for what others serve. */
export type SizeOf = (resource: GroupResource) => ResourceSize | undefined;

const MAX_SEATS = 10;
const BYTES_PER_SEAT = 100_000;
/** An answer is made piece by piece: a larger one does not hold more at once. */
const MAX_BYTES_AT_ONCE = 1_000_000;

/**
 * Seats that a request takes (apiserver/pkg/util/flowcontrol/request): one, but for lists, and for watches that begin with what is there, by the bytes that
 * they are about.
 */
export function widthOf({ verb, resource, query }: FlowSubject, sizeOf: SizeOf): number {
  if (resource === undefined || resource.subresource !== '') return 1;
  if (verb !== 'list' && !(verb === 'watch' && query?.get('sendInitialEvents') === 'true')) return 1;
  const size = sizeOf(resource);
  if (size === undefined || isOfOne(query)) return 1;
  const limit = verb === 'list' ? Number(query?.get('limit') ?? 0) : 0;
  const objects = limit > 0 ? Math.min(limit, size.objects) : size.objects;
  const bytes = Math.min(objects * size.averageBytes, MAX_BYTES_AT_ONCE);
  return Math.min(MAX_SEATS, Math.max(1, Math.ceil(bytes / BYTES_PER_SEAT)));
}

function isOfOne(query: URLSearchParams | undefined): boolean {
  return query?.get('fieldSelector')?.startsWith('metadata.name=') === true;
}
