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

it('tries later and later while the server ends each try, counted from its end, and connects when it does not', async () => {
  const [begun, ended]: [number[], number[]] = [[], []];
  const server = createServer((socket) => {
    begun.push(performance.now());
    socket.on('error', () => undefined);
    if (begun.length > 5) return letThrough(socket);
    // Longer than the first delay: what nats.js waits has passed when the try fails.
    setTimeout(() => {
      ended.push(performance.now());
      socket.destroy();
    }, 30);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const servers = `nats://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connection = await connectBus({ servers, identity: { kind: 'service', name: 'api' }, reconnectMs: 20 });
  try {
    // Timers, and the clock of nats.js, may be a millisecond early each.
    for (const [i, end] of ended.entries()) expect((begun[i + 1] ?? 0) - end).toBeGreaterThan(20 * 2 ** i - 3);
    expect(ended).toHaveLength(5);
  } finally {
    await connection.close();
    server.close();
  }
});
