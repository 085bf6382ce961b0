import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DialError } from '../../contract.ts';
import { connected } from './connect.ts';

const program = fileURLToPath(new URL('relay.ts', import.meta.url));

/**
 * Connections into network namespaces of pods. A process cannot move into another namespace once it has threads, so one small process for a pod listens on a
 * socket in the file system, which all namespaces share, and connects from inside. It ends when it has had nothing to do for a while, or with the agent.
 */
export class LoopbackRelays {
  readonly #relays = new Map<number, Promise<string>>();

  /** Throws DialError. */
  async dial(pid: number, port: number): Promise<Socket> {
    let path = await this.#relay(pid);
    let socket = await connected({ path, allowHalfOpen: true }, (_code, message) => message).catch(() => undefined);
    if (socket === undefined) {
      // It has ended meanwhile.
      this.#relays.delete(pid);
      path = await this.#relay(pid);
      socket = await connected({ path, allowHalfOpen: true }, (_code, message) => message);
    }
    await asked(socket, port);
    return socket;
  }

  #relay(pid: number): Promise<string> {
    const known = this.#relays.get(pid);
    if (known !== undefined) return known;
    const forget = () => void this.#relays.delete(pid);
    const started = startRelay(pid, forget);
    this.#relays.set(pid, started);
    started.catch(forget);
    return started;
  }
}

/** Gives the path of its socket, in a folder that nobody else may enter. */
async function startRelay(pid: number, onEnd: () => void): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-relay-'));
  const path = join(dir, 'socket');
  const child = spawn('nsenter', ['-t', `${pid}`, '-n', process.execPath, program, path], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.once('close', () => {
    onEnd();
    void rm(dir, { recursive: true, force: true });
  });
  await listening(child);
  child.unref();
  for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as { unref?(): void }).unref?.();
  return path;
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let errors = '';
    const fail = (why: string) => reject(new DialError(`the network of the pod could not be entered: ${why}`));
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(0, 500);
    });
    child.stdin?.on('error', () => undefined);
    child.stdout?.once('data', () => resolve());
    child.once('error', (error) => fail(error.message));
    child.once('exit', () => fail(errors));
  });
}

/** Says which port is meant, and waits for the answer: one byte, 0 for connected; else a text follows. */
function asked(socket: Socket, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const leave = (error?: Error): void => {
      socket.off('readable', read);
      socket.off('close', closed);
      socket.off('error', closed);
      if (error === undefined) resolve();
      else {
        socket.destroy();
        reject(error);
      }
    };
    const closed = (): void => leave(new DialError(answer.toString('utf8', 1) || 'the pod has gone'));
    const read = (): void => {
      for (;;) {
        const chunk = socket.read(answer.length === 0 ? 1 : undefined) as Buffer | null;
        if (chunk === null) break;
        answer = Buffer.concat([answer, chunk]);
        if (answer[0] !== 0) continue;
        leave();
        return;
      }
      if (socket.readableEnded) closed();
    };
    socket.on('readable', read);
    socket.once('close', closed);
    socket.once('end', closed);
    socket.once('error', closed);
    socket.write(Buffer.from([port >> 8, port & 255]));
  });
}
