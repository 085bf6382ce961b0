import { finished, type Readable } from 'node:stream';

/**
 * Hands on what a stream brings, as fast as it is taken, to its end. Resolves with the error when the stream broke, rejects when something could not be taken.
 *
 * Iterating asks the stream for each chunk and waits for it; here all that can be read in one turn of the event loop is handed on in that turn. It is held back when a chunk comes before
 * the last one was taken.
 */
export function takeAll(source: Readable, take: (chunk: Buffer) => Promise<void>): Promise<Error | undefined> {
  return new Promise((resolve, reject) => {
    let waiting = 0;
    let last = Promise.resolve();
    const taken = (): void => {
      waiting -= 1;
      if (waiting === 0 && source.isPaused()) source.resume();
    };
    const refused = (error: unknown): void => {
      reject(error);
      source.destroy();
    };
    source.on('data', (chunk: Buffer) => {
      waiting += 1;
      if (waiting > 1) source.pause();
      last = take(chunk).then(taken, refused);
    });
    finished(source, { writable: false }, (error) => void last.then(() => resolve(error ?? undefined)));
  });
}
