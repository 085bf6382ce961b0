import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { controlFrame, TYPE, words } from './spdy/frames.ts';
import { HeaderCodec } from './spdy/header-codec.ts';
import { SpdyConnection } from './spdy/index.ts';
import { spdyClient } from './spdy-client.ts';

it('tells a client that has gone nothing of the outcome, and does not fail', async () => {
  const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const connecting = spdyClient(new SpdyConnection(socket), { stdin: false, stdout: false, stderr: false, tty: false });
  const block = await new HeaderCodec().encode(new Map([['streamtype', 'error']]));
  socket.push(controlFrame(TYPE.synStream, Buffer.concat([words(1, 0), Buffer.alloc(2), block])));
  const client = await connecting;
  socket.destroy();
  await once(socket, 'close');
  await client.finish({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
  await expect(client.send(3, Buffer.from('late'))).rejects.toThrow('the connection has ended');
});
