import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * Makes a port of the loopback this process's until it ends or calls what it is given; undefined when another one has it. The port's UDP side, which nothing
 * here needs, is the lock: the kernel gives it to one process, and takes it back when that ends, however it ends. The TCP side stays free for the program that is to listen there.
 */
export function reservePort(port: number): Promise<(() => void) | undefined> {
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
