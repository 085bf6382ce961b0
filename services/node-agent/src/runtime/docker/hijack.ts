import type { NetConnectOpts } from 'node:net';
import type Docker from 'dockerode';
import { BulkSocket, type Take } from '../bulk-socket.ts';

/** A connection of the engine that belongs to one command from now on: its input, and its output in the engine's framing. */
export interface Hijacked extends Pick<BulkSocket, 'takeAll' | 'write' | 'end' | 'destroy'> {}

/** What the engine answered in place of giving the connection away. */
export class EngineRefusal extends Error {
  override readonly name = 'EngineRefusal';
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** Longer heads are no engine's. */
const mostHeadBytes = 64 * 1024;
const nothing = Buffer.alloc(0);

/**
 * Asks the engine for what it gives its connection away for (POST /exec/{id}/start, /containers/{id}/attach). Rejects with EngineRefusal. The client library does the same over a stream of
 * Node.js, which costs much output a fifth of the agent's processor time.
 */
export async function hijack(docker: Docker, path: string, body?: object): Promise<Hijacked> {
  const socket = new BulkSocket(await addressOf(docker));
  const answer = new Answer();
  const taker = Promise.withResolvers<Take>();
  const ended = socket.takeAll(async (chunk) => {
    const output = answer.take(chunk);
    if (output.length > 0) await (await taker.promise)(output);
  });
  void socket.write(requestOf(path, body));
  try {
    await Promise.race([answer.accepted, ended.then(unanswered)]);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return {
    takeAll: (take) => {
      taker.resolve(take);
      return ended;
    },
    write: (data) => socket.write(data),
    end: () => socket.end(),
    destroy: () => socket.destroy(),
  };
}

function unanswered(broken: Error | undefined): never {
  throw broken ?? new Error('the container runtime closed the connection without an answer');
}

/** Of the client library, what its types leave out. */
interface Modem {
  host?: string;
  port?: number | string;
  getSocketPath(): Promise<string>;
}

async function addressOf({ modem }: Docker): Promise<NetConnectOpts> {
  const { host, port, getSocketPath } = modem as unknown as Modem;
  return host === undefined ? { path: await getSocketPath.call(modem) } : { host, port: Number(port) };
}

function requestOf(path: string, body: object | undefined): Buffer {
  const text = body === undefined ? '' : JSON.stringify(body);
  const lines = [
    `POST ${path} HTTP/1.1`,
    'Host: docker',
    'Connection: Upgrade',
    'Upgrade: tcp',
    ...(body === undefined ? [] : ['Content-Type: application/json']),
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`);
}

/** What comes before the output: the head of an HTTP response, and the message of one that refuses. */
class Answer {
  readonly #outcome = Promise.withResolvers<void>();
  #text = nothing;
  #isAccepted = false;

  /** Rejects with EngineRefusal. */
  get accepted(): Promise<void> {
    return this.#outcome.promise;
  }

  /** Gives what is none of the answer. */
  take(chunk: Buffer): Buffer {
    if (this.#isAccepted) return chunk;
    this.#text = Buffer.concat([this.#text, chunk]);
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.#text.length > mostHeadBytes) throw new Error('what the container runtime answered is no HTTP');
      return nothing;
    }
    const rest = this.#text.subarray(end + 4);
    return this.#takeBody(this.#text.toString('latin1', 0, end), rest);
  }

  #takeBody(head: string, body: Buffer): Buffer {
    const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(head)?.[1]);
    if (status === 101) {
      this.#isAccepted = true;
      this.#text = nothing;
      this.#outcome.resolve();
      return body;
    }
    const length = Number(/^content-length: *(\d+)$/im.exec(head)?.[1] ?? 0);
    if (body.length >= length)
      this.#outcome.reject(new EngineRefusal(status, messageIn(body.toString()) ?? `HTTP ${status}`));
    return nothing;
  }
}

/** The engine's own words. */
function messageIn(body: string): string | undefined {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
