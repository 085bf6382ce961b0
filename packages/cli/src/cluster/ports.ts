import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * The preferred port of the loopback when nobody uses it, else the next one above it; with `count` so many in a row, of which it gives the first. They are this
 * process's until it ends: two clusters that start at the same time never choose the same one.
 */
export async function reservePorts(preferred: number, count = 1): Promise<number> {
  for (let port = preferred; port < preferred + 200; port++) {
    if (await reserveAll(port, count, true)) return port;
  }
  throw new Error(`no free port between ${preferred} and ${preferred + 200}`);
}

/** Takes ports that were chosen before, whoever listens there. False when another process has reserved one of them. */
export function reserveAgain(port: number, count = 1): Promise<boolean> {
  return reserveAll(port, count, false);
}

async function reserveAll(first: number, count: number, unused: boolean): Promise<boolean> {
  const releases: (() => void)[] = [];
  for (let port = first; port < first + count; port++) {
    const release = await reserve(port);
    if (release !== undefined) releases.push(release);
    if (release !== undefined && (!unused || (await isFree(port)))) continue;
    for (const release of releases) release();
    return false;
  }
  return true;
}

/**
 * The port's UDP side, which nothing here needs, is the lock: the kernel gives it to one process, and takes it back when that ends, however it ends. The TCP
 * side must stay free for the program that is to listen there.
 */
function reserve(port: number): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const lock = createSocket('udp4');
    lock.once('error', () => resolve(undefined));
    lock.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      lock.unref();
      resolve(() => void lock.close());
    });
  });
}

/** Whether nothing listens on the port of the loopback. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
