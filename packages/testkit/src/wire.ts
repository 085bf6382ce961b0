import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP link of the test's own between a client and a server that can be cut or slow. */
export interface Wire {
  readonly port: number;
  /** Connections end, and new ones are refused. */
  cut(): void;
  /** As it was made: nothing is cut or late. */
  mend(): void;
  /** Nothing gets through any more, and neither side is told: what is sent waits until it is mended. */
  mute(): void;
  /** From now on each piece comes so much later (milliseconds), in order; a function is asked for each piece, as what comes of packets that are lost. */
  delay(ms: number | (() => number)): void;
  close(): Promise<void>;
}

/** `to`: asked at each connection, because the server's port may be known later. */
export async function openWire(to: () => number): Promise<Wire> {
  const wire = new TcpWire(to);
  await wire.listen();
  return wire;
}

class TcpWire implements Wire {
  readonly #to: () => number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #refuses = false;
  #muted: PromiseWithResolvers<void> | undefined;
  #delay: () => number = () => 0;

  constructor(to: () => number) {
    this.#to = to;
    this.#server = createServer((client) => this.#accept(client));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#refuses = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#refuses = false;
    this.#delay = () => 0;
    this.#muted?.resolve();
    this.#muted = undefined;
  }

  mute(): void {
    this.#muted ??= Promise.withResolvers();
  }

  delay(ms: number | (() => number)): void {
    this.#delay = typeof ms === 'number' ? () => ms : ms;
  }

  async close(): Promise<void> {
    this.cut();
    this.mend();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(client: Socket): void {
    if (this.#refuses) {
      client.destroy();
      return;
    }
    const server = connect(this.#to(), '127.0.0.1');
    for (const [from, onto] of [[client, server] as const, [server, client] as const]) {
      this.#sockets.add(from);
      from.setNoDelay(true).on('error', () => undefined);
      from.once('close', () => {
        this.#sockets.delete(from);
        onto.destroy();
      });
      this.#pass(from, onto);
    }
  }

  /** One piece after the other; each waits from the moment it came. */
  #pass(from: Socket, onto: Socket): void {
    let before: Promise<void> = Promise.resolve();
    from.on('data', (piece) => {
      const due = performance.now() + this.#delay();
      before = before.then(async () => {
        const left = due - performance.now();
        if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
        await this.#muted?.promise;
        onto.write(piece);
      });
    });
  }
}
