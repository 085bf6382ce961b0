import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { storeKeys } from '@kubus/shared/store/internal';
import { Redis } from 'ioredis';

/** What the process of bare reads is told; it answers with its port. It is started by api.bench.ts. */
export interface BareListOrder {
  redisUrl: string;
  cert: string;
  key: string;
}

/**
 * The floor under lists of pods: members and values are read from Redis as bytes and written to an HTTP/2 socket, one behind the other. `/` gives all;
 * `/?after=<member>&limit=<n>` a page, its last member in the header `last`; `/?bytes=<n>` so many bytes out of memory.
 */
process.once('message', ({ redisUrl, cert, key }: BareListOrder) => {
  const redis = new Redis(redisUrl);
  const pods = { group: '', resource: 'pods' };
  const keys = storeKeys();
  const order = `${keys.prefix}order:pods`;
  const memory = Buffer.alloc(16 * 1024 * 1024, 'x');
  const server = createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) });
  server.on('stream', async (stream, headers) => {
    const query = new URL(headers[':path'] ?? '/', 'https://localhost').searchParams;
    if (query.has('bytes')) {
      stream.respond({ ':status': 200 });
      stream.end(memory.subarray(0, Number(query.get('bytes'))));
      return;
    }
    const limit = query.get('limit');
    const from = query.has('after') ? `(${query.get('after')}` : '-';
    const members =
      limit === null
        ? await redis.zrange(order, '0', '-1')
        : await redis.zrangebylex(order, from, '+', 'LIMIT', 0, limit);
    const values = members.length === 0 ? [] : await redis.hmgetBuffer(keys.objects(pods), ...members);
    stream.respond({ ':status': 200, last: encodeURIComponent(members.at(-1) ?? '') });
    stream.end(Buffer.concat(values.filter((value) => value !== null)));
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
});
