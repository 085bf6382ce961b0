import { constants } from 'node:os';
import type Docker from 'dockerode';
import { accepted } from './calls.ts';
import type { ContainerProcess } from './details.ts';
import { signalNumber, signalProcess } from './signals.ts';

/** A process of which the engine has not seen the end by then, though it was killed, waits for something, as in a container that is paused; milliseconds. */
const killedMs = 2_000;

/** 'unreachable': nothing was done. 'stays': it was killed, and has yet to end. */
export type Ending = 'ended' | 'unreachable' | 'stays';

/** Asks a container's process to end, and kills it when it is still there after `graceSeconds`. Without the engine, which is only asked when it has ended. */
export async function endProcess(
  container: Docker.Container,
  { pid, stopSignal }: ContainerProcess,
  graceSeconds: number,
  patienceMs = killedMs,
): Promise<Ending> {
  const signal = signalNumber(stopSignal);
  if (signal === undefined || !(await signalProcess(container.id, pid, signal))) return 'unreachable';
  return whileWaiting(container, async (ended) => {
    if (await ended(graceSeconds * 1000)) return 'ended';
    await signalProcess(container.id, pid, constants.signals.SIGKILL);
    return (await ended(patienceMs)) ? 'ended' : 'stays';
  });
}

/** Kills a container's process, and waits until the engine has seen its end. */
export async function killProcess(
  container: Docker.Container,
  { pid }: ContainerProcess,
  patienceMs = killedMs,
): Promise<Ending> {
  if (!(await signalProcess(container.id, pid, constants.signals.SIGKILL))) return 'unreachable';
  return whileWaiting(container, async (ended) => ((await ended(patienceMs)) ? 'ended' : 'stays'));
}

/** `ended` tells whether the engine says within the time that the container does not run; one that is gone does not. */
async function whileWaiting(
  container: Docker.Container,
  act: (ended: (ms: number) => Promise<boolean>) => Promise<Ending>,
): Promise<Ending> {
  const giveUp = new AbortController();
  const end = accepted(container.wait({ condition: 'not-running', abortSignal: giveUp.signal }), 404).then(() => true);
  end.catch(() => undefined);
  const timers: NodeJS.Timeout[] = [];
  const late = (ms: number) =>
    new Promise<false>((resolve) => {
      timers.push(setTimeout(() => resolve(false), ms));
    });
  try {
    return await act((ms) => Promise.race([end, late(ms)]));
  } finally {
    for (const timer of timers) clearTimeout(timer);
    giveUp.abort();
  }
}
