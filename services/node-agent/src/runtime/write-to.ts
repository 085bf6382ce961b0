import type { Writable } from 'node:stream';

/** Resolves when the target has room for more, or is gone. */
export function writeTo(target: Writable, data: Uint8Array): Promise<void> | undefined {
  if (target.destroyed || !target.writable || target.write(data)) return undefined;
  return new Promise((resolve) => {
    const done = (): void => {
      target.off('drain', done);
      target.off('close', done);
      resolve();
    };
    target.on('drain', done);
    target.on('close', done);
  });
}
