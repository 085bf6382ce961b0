import { createConnection, type Socket } from 'node:net';
import { NodeTransport } from 'nats/lib/src/node_transport.js';

/** Memory into which a connection reads. */
const slabBytes = 512 * 1024;
/** With less room than this, a slab is left to what was read into it. */
const leastRoom = 128 * 1024;
/** What brings less is copied, so that it holds no slab. */
const largeRead = 16 * 1024;

/**
 * Makes nats.js read as much at once as has come. By itself (2.29.3) it takes from its socket 64 KiB at a time, in memory that is new each time, and puts a message that two reads have a part of
 * together by copying it twice. Under streams, that is every second message.
 */
export function readLargely(): void {
  NodeTransport.prototype.dial = dial;
}

/** As nats.js dials, and it hears of what arrives as it does of its own sockets. */
function dial(hp: { port: number; hostname: string }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const slab = new Slab();
    const options = {
      ...{ port: hp.port, host: hp.hostname, noDelay: true },
      onread: {
        buffer: () => slab.room(),
        callback: (bytes: number) => {
          socket.emit('data', slab.take(bytes));
          return true;
        },
      },
    };
    let cause: Error | undefined;
    const socket = createConnection(options, () => {
      socket.removeAllListeners();
      resolve(socket);
    });
    socket.on('error', (error) => {
      cause = error;
    });
    socket.on('close', () => {
      socket.removeAllListeners();
      reject(cause);
    });
  });
}

/** Reads come to lie one behind the other. What was taken never changes. */
export class Slab {
  #memory = Buffer.allocUnsafeSlow(slabBytes);
  #at = 0;

  /** Where the next read goes. */
  room(): Buffer {
    if (this.#memory.length - this.#at < leastRoom) {
      this.#memory = Buffer.allocUnsafeSlow(slabBytes);
      this.#at = 0;
    }
    return this.#memory.subarray(this.#at);
  }

  /** What was read into the room. */
  take(bytes: number): Buffer {
    const read = this.#memory.subarray(this.#at, this.#at + bytes);
    if (bytes < largeRead) return Buffer.from(read);
    this.#at += bytes;
    return read;
  }
}
