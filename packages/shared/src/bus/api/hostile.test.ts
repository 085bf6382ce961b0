import { eventually, startNats, type TestServer } from '@kubus/testkit';
import fc from 'fast-check';
import { headers, type NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectBus } from '../connect.ts';
import type { ApiHandler, ApiRequest, BusIdentity } from '../contract.ts';
import { bundledIn } from './bundle.ts';
import { type ApiServer, serveApi } from './server.ts';

// Messages that no client of ours would send, on subjects that anybody could publish to who got past the permissions.

let server: TestServer;
let served: NatsConnection;
let sender: NatsConnection;
let api: ApiServer;
const seen: { request: ApiRequest; identity: BusIdentity }[] = [];

beforeAll(async () => {
  server = await startNats();
});
afterAll(() => server.stop());
beforeEach(async () => {
  seen.length = 0;
  served = await connectBus({ servers: server.url, identity: { kind: 'service', name: 'api' } });
  sender = await connectBus({ servers: server.url, identity: { kind: 'service', name: 'scheduler' } });
  api = serveApi(served, handler, { maxWatchesPerIdentity: 1 });
  await served.flush();
});
afterEach(async () => {
  await api.stop(0);
  await Promise.all([served.close(), sender.close()]);
});

const handler: ApiHandler = {
  handle: async (request, identity) => {
    seen.push({ request, identity });
    return { code: 200, body: {} };
  },
  handleBatch: (requests, identity) => Promise.all(requests.map((request) => handler.handle(request, identity))),
  watch: async function* () {},
};

const own = 'kubus.api.service.scheduler';
const text = fc.oneof(
  fc.constantFrom(
    'get',
    'list',
    'create',
    '',
    'pods',
    '__proto__',
    'constructor',
    '\u0000',
    '\ud800',
    'a\r\nb',
    '*',
    '>',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const odd = fc.oneof(
  text,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.json().map((json) => JSON.parse(json)),
);
const plain = { verb: 'get', group: '', version: 'v1', resource: 'pods' };
const ping = JSON.stringify({ request: plain });
/** A request with something else in some of its places. */
const request = fc
  .dictionary(
    fc.constantFrom(...Object.keys(plain), 'namespace', 'name', 'subresource', 'contentType', 'query', 'body'),
    fc.oneof(odd, fc.dictionary(text, odd, { maxKeys: 3 })),
    { maxKeys: 3 },
  )
  .map((changes) => ({ ...plain, ...changes }));
const envelope = fc.record(
  { request: fc.oneof(request, odd), requests: fc.oneof(fc.array(request, { maxLength: 3 }), odd), brief: odd },
  { requiredKeys: [] },
);
const message = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc
    .array(odd)
    .filter((any) => bundledIn(any) === undefined)
    .map((any) => Buffer.from(JSON.stringify(any))),
  envelope.map((any) => Buffer.from(JSON.stringify(any))),
  fc.tuple(envelope, fc.nat(), fc.nat(255)).map(([any, at, byte]) => {
    const bytes = Buffer.from(JSON.stringify(any));
    bytes[at % bytes.length] = byte;
    return bytes;
  }),
);
const header = fc.tuple(
  fc.constantFrom('Nats-Msg-Id', 'Nats-Expected-Stream', 'X-Remote-User', 'Status', 'Impersonate-User', '__proto__'),
  fc.stringMatching(/^[ -~]{0,20}$/),
);

it('answers any message with any headers with a Status or what its handler says', async () => {
  await fc.assert(
    fc.asyncProperty(message, fc.array(header, { maxLength: 3 }), async (bytes, lines) => {
      const sent = headers();
      for (const [name, value] of lines) sent.append(name, value);
      const answer = await sender.request(own, bytes, { timeout: 10_000, headers: sent });
      const { code, body, responses } = answer.json<{
        code?: number;
        body?: { kind?: string };
        responses?: unknown[];
      }>();
      if (responses !== undefined) return;
      if (code !== 200) expect(body, Buffer.from(bytes).toString()).toMatchObject({ kind: 'Status', code });
      expect(code, Buffer.from(bytes).toString()).toBeLessThan(500);
    }),
    { numRuns: 500 },
  );
  const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
  expect(seen.length).toBeGreaterThan(0);
  for (const { request, identity } of seen) {
    expect(identity).toEqual({ kind: 'service', name: 'scheduler' });
    expect(verbs).toContain(request.verb);
    const { group, version, resource, namespace = '', name = '', subresource = '', query = {} } = request;
    const texts = [group, version, resource, namespace, name, subresource, ...Object.values(query)];
    expect(new Set(texts.map((part) => typeof part))).toEqual(new Set(['string']));
  }
});

it('takes nobody for somebody by any subject or reply, and answers the next request', async () => {
  const token = fc.oneof(
    fc.constantFrom(
      'service',
      'node',
      'user',
      'desired',
      'admin',
      'api',
      '=',
      '=2E',
      '=zz',
      '__proto__',
      'scheduler',
      'x',
    ),
    fc.stringMatching(/^[!-)+-\-/-=?-~]{1,12}$/),
  );
  const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => `kubus.api.${tokens.join('.')}`);
  const reply = fc.oneof(
    fc.constant(undefined),
    fc.constantFrom('kubus.api.service.api', 'KUBUS.CHANGES.x', '$JS.API.STREAM.PURGE.KUBUS', '_INBOX.else.1'),
  );
  await fc.assert(
    fc.asyncProperty(subject, reply, fc.constantFrom(ping, '{', ''), async (to, answerTo, bytes) => {
      sender.publish(to, bytes, answerTo === undefined ? {} : { reply: answerTo });
    }),
    { numRuns: 500 },
  );
  await sender.flush();
  const answer = await sender.request(own, ping, { timeout: 10_000 });
  expect(answer.json()).toMatchObject({ code: 200 });
  // No subject but the sender's own led to the handler, for no reply was to an inbox of the identity that the subject names.
  await eventually(() => expect(seen).toHaveLength(1));
});
