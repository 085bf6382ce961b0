import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects the young generation. V8 answers every 64 MB of new buffers with a marking of the whole heap (40 ms of processor time in an api), and never with the cheap
 * collection (1 ms) that would free them, for the heap sees nothing of their bytes: who lets much data pass through buffers has to ask for it.
 */
export const collectYoung: () => void = exposed();

/** V8 gives the function to contexts that are made while the flag is set. */
function exposed(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void;
  setFlagsFromString('--no-expose-gc');
  return () => collect({ type: 'minor' });
}
