import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import { eventually, startNats, type TestServer } from '@kubus/testkit';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectBus } from './connect.ts';

let nats: TestServer;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats?.stop());

/** In front of the server; the first who connects hears nothing. */
class Gate {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #count = 0;

  constructor() {
    this.#server = createServer((socket) => {
      this.#open.add(socket);
      socket.on('error', () => undefined).once('close', () => this.#open.delete(socket));
      if (this.#count++ === 0) socket.resume();
      else letThrough(socket);
    });
  }

  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get open(): number {
    return this.#open.size;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }
}

function letThrough(socket: Socket): void {
  const { hostname, port } = new URL(nats.url);
  const onwards = connectSocket(Number(port), hostname).on('error', () => undefined);
  socket.pipe(onwards).pipe(socket);
  socket.once('close', () => onwards.destroy());
}

it('ends an attempt that took too long, so that it is not taken for the connection that came after it', async () => {
  const gate = new Gate();
  let connection: NatsConnection | undefined;
  try {
    const servers = await gate.listen();
    connection = await connectBus({ servers, identity: { kind: 'service', name: 'api' }, attemptMs: 1_000 });
    await eventually(() => expect(gate.open).toBe(1));
    await connection.flush();
  } finally {
    await connection?.close();
    gate.close();
  }
});
