import { finished, type Readable } from 'node:stream';
import { Pace, restMs } from './pace.ts';

/**
 * Hands on what a stream brings, as fast as it is taken, to its end. Resolves with the error when the stream broke, rejects when something could not be taken.
 *
 * Iterating asks the stream for each chunk and waits for it; here all that can be read in one turn of the event loop is handed on in that turn. It is held back when a chunk comes before
 * the last one was taken, and after a turn for as long as `pace` lets it rest.
 */
export function takeAll(
  source: Readable,
  take: (chunk: Buffer) => Promise<void>,
  pace: Pick<Pace, 'restsAfter'> = new Pace(),
): Promise<Error | undefined> {
  return new Promise((resolve, reject) => {
    let waiting = 0;
    let isResting = false;
    let turnBytes = 0;
    let last = Promise.resolve();
    const goOn = (): void => {
      if (waiting === 0 && !isResting && source.isPaused()) source.resume();
    };
    const turnEnds = (): void => {
      const bytes = turnBytes;
      turnBytes = 0;
      if (isResting || !pace.restsAfter(bytes, performance.now())) return;
      isResting = true;
      source.pause();
      setTimeout(() => {
        isResting = false;
        goOn();
      }, restMs);
    };
    const taken = (): void => {
      waiting -= 1;
      goOn();
    };
    const refused = (error: unknown): void => {
      reject(error);
      source.destroy();
    };
    source.on('data', (chunk: Buffer) => {
      if (turnBytes === 0) setImmediate(turnEnds);
      turnBytes += chunk.length;
      waiting += 1;
      if (waiting > 1) source.pause();
      last = take(chunk).then(taken, refused);
    });
    finished(source, { writable: false }, (error) => void last.then(() => resolve(error ?? undefined)));
  });
}
