import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

interface Kind {
  type: 'minor' | 'major';
  execution?: 'sync';
  flavor?: 'last-resort';
}

const collect = exposed();

/**
 * Collects the young generation. V8 answers every 64 MB of new buffers with a marking of the whole heap (40 ms of processor time in an api), and never with the cheap
 * collection (1 ms) that would free them, for the heap sees nothing of their bytes: who lets much data pass through buffers has to ask for it.
 */
export const collectYoung = (): void => collect({ type: 'minor' });

/** Collects everything, and gives memory back: the only kind of collection that does so with the young generation's. */
export const collectAll = (): void => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });

/** V8 gives the function to contexts that are made while the flag is set. */
function exposed(): (kind: Kind) => void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (kind: Kind) => void;
  setFlagsFromString('--no-expose-gc');
  return gc;
}
