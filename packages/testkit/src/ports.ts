import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * A port of the loopback that is this process's until it ends: no test gets it that runs in another one, also not while the server that had it is killed and
 * not started again yet. It is none that the system gives out by itself, to connections and to who asks for any port.
 *
 * The UDP side, which no test needs, is the lock: the kernel gives it to one process alone. The TCP side stays free for the server.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const release = await reserve(port);
    if (release === undefined) continue;
    if (await canListen(port)) return port;
    release();
  }
}

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

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
