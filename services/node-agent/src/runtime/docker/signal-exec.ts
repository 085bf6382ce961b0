import { constants } from 'node:os';
import { setTimeout as after } from 'node:timers/promises';
import type { ExecInspectInfo } from 'dockerode';
import { signalProcess } from './signals.ts';

/** Waits between looks, milliseconds: on a busy machine the process of a command is there a while after the engine has agreed to start it. */
const waits = [20, 40, 80, 160, 320, 640, 1_280, 2_560];

/**
 * The engine cannot signal a command. An agent on the machine of the engine can, if the process is to be seen there as one of this container; one that is not there yet is
 * waited for.
 */
export async function signalExec(
  inspect: () => Promise<Pick<ExecInspectInfo, 'Running' | 'Pid' | 'ExitCode'>>,
  containerId: string,
  signal: NodeJS.Signals,
): Promise<void> {
  for (const wait of waits) {
    const { Running, Pid, ExitCode } = await inspect();
    if (!Running && ExitCode !== null) return;
    if (Pid !== 0 && (await signalProcess(containerId, Pid, constants.signals[signal]))) return;
    await after(wait);
  }
}
