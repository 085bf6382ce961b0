import type { Connection } from '@kubus/cli';

interface EventList {
  metadata: { remainingItemCount?: number };
  items: unknown[];
}

/** Events that are written by now. The rest of a burst's follow when there is less to do, and cost what they cost after the clock has stopped. */
export async function countEvents({ api }: Connection, namespace: string): Promise<number> {
  const request = {
    group: '',
    version: 'v1',
    resource: 'events',
    namespace,
    verb: 'list',
    query: { limit: '1' },
  } as const;
  const { items, metadata } = await api.request<EventList>(request);
  return items.length + (metadata.remainingItemCount ?? 0);
}
