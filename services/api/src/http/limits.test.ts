import { constants } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { eventually } from '@kubus/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, ask2, openWatch } from './testing/client.ts';
import { startFront, type TestFront } from './testing/start-front.ts';

let front: TestFront;
beforeAll(async () => {
  front = await startFront();
});
afterAll(() => front.stop());

const maps = '/api/v1/namespaces/default/configmaps';

function openTls(ALPNProtocols?: string[]): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const where = { host: '127.0.0.1', port: front.port, ca: front.certificates.ca };
    const socket = connectTls({ ...where, ...(ALPNProtocols === undefined ? {} : { ALPNProtocols }) }, () =>
      resolve(socket),
    );
    socket.once('error', reject);
  });
}

/** What an HTTP/2 connection begins with (RFC 9113, 3.4). */
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Pairs of HEADERS and RST_STREAM, as bytes: a client that keeps to the protocol would cost more than the server. */
function resetStreams(count: number): Buffer[] {
  // GET, https, / and an authority, in HPACK: indexed fields and one literal (RFC 7541, 6.1 and 6.2.2).
  const headers = Buffer.from([0x82, 0x87, 0x84, 0x01, 1, 'x'.charCodeAt(0)]);
  const cancel = Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL]);
  const endOfStreamAndHeaders = 0x5;
  return Array.from({ length: count }, (_, i) => 2 * i + 1).flatMap((id) => [
    frame(1, endOfStreamAndHeaders, id, headers),
    frame(3, 0, id, cancel),
  ]);
}

/** Everything that comes back until the connection ends. */
function drain(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

describe('a client that does harm', () => {
  it('loses its connection when it resets streams without end, and nobody else notices', async () => {
    const socket = await openTls(['h2']);
    const ended = drain(socket);
    socket.write(Buffer.concat([Buffer.from(preface), frame(4, 0, 0), ...resetStreams(2_000)]));
    await ended;
    await eventually(() => expect(front.front.connections).toBe(0));
    expect((await ask(front, '/livez')).text).toBe('ok');
  });

  it('is told when what it sends is no HTTP', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 8, maxLength: 200 }), async (bytes) => {
        const socket = await openTls();
        const answer = drain(socket);
        socket.end(Buffer.concat([Buffer.from(bytes), Buffer.from('\r\n\r\n')]));
        expect(await answer).toMatch(/^$|^HTTP\/1\.1 (400|404|431|401|405) /);
      }),
      { numRuns: 40 },
    );
    expect((await ask(front, '/livez')).text).toBe('ok');
  });

  it('cannot smuggle a second request behind one that is refused', async () => {
    front.pipeline.requests.length = 0;
    const socket = await openTls();
    const answer = drain(socket);
    socket.write(
      `POST ${maps} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer bad\r\ncontent-length: 60\r\n\r\n` +
        `GET /api/v1/x HTTP/1.1\r\nhost: x\r\nauthorization: Bearer good\r\n\r\n`,
    );
    const text = await answer;
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401']);
    expect(front.pipeline.requests).toHaveLength(0);
  });

  it('cannot send headers without end', async () => {
    const headers = { 'x-long': 'y'.repeat(100_000) };
    expect((await ask(front, '/livez', { headers }).catch(() => ({ code: 431 }))).code).toBe(431);
    const reply = await ask2(front, '/livez', { headers }).catch(() => ({ code: 431 }));
    expect(reply.code).toBe(431);
  });
});

describe('stopping', () => {
  it('waits for requests under way and takes no others', async () => {
    const own = await startFront();
    const gate = Promise.withResolvers<void>();
    own.pipeline.before = () => gate.promise;
    const held = ask(own, maps);
    const held2 = ask2(own, maps);
    await eventually(() => expect(own.pipeline.requests).toHaveLength(2));
    const stopped = own.front.stop(5000);
    await expect(ask(own, '/livez')).rejects.toThrow();
    gate.resolve();
    expect((await held).code).toBe(200);
    expect((await held2).code).toBe(200);
    await stopped;
  });

  it('does not wait for ever', async () => {
    const own = await startFront();
    own.pipeline.before = () => new Promise(() => undefined);
    const held = ask(own, maps);
    held.catch(() => undefined);
    await eventually(() => expect(own.pipeline.requests).toHaveLength(1));
    await own.front.stop(20);
    await expect(held).rejects.toThrow();
  });

  it('ends watches of both kinds of HTTP', async () => {
    const own = await startFront();
    const watch = await openWatch(own, `${maps}?watch=true`);
    const watch2 = ask2(own, `${maps}?watch=true`);
    await eventually(() => expect(own.pipeline.sinks.size).toBe(2));
    await own.front.stop(5000);
    await watch.ended;
    expect((await watch2).code).toBe(200);
  });
});
