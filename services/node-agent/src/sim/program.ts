import type { Usage } from '@kubus/shared/bus';
import { milliValue } from '@kubus/shared/object';
import type { ContainerSpec } from '../runtime/contract.ts';

/** What a simulated container plays. */
export interface Program {
  /** Until it ends by itself; undefined: it runs until it is stopped. */
  runsMs?: number;
  exitCode?: number;
  usage: Usage;
}

/** Variables that say what a simulated container uses: '250m', '64Mi'. */
const cpuVariable = 'SIM_CPU';
const memoryVariable = 'SIM_MEMORY';
const defaults = { cpu: '1m', memory: '10Mi' };

/** Simulated containers know three commands: `sleep <seconds>`, `true` and `false`. Anything else runs until it is stopped. */
export function programOf({ command = [], args = [], env }: Pick<ContainerSpec, 'command' | 'args' | 'env'>): Program {
  const variables = new Map(env);
  const usage = {
    cpuNanos: amount(variables.get(cpuVariable), defaults.cpu) * 1e9,
    memoryBytes: amount(variables.get(memoryVariable), defaults.memory),
  };
  const [name, seconds] = [...command, ...args];
  if (name === 'true' || name === 'false') return { usage, runsMs: 0, exitCode: name === 'true' ? 0 : 1 };
  if (name === 'sleep' && /^\d+(\.\d+)?$/.test(seconds ?? '')) return { usage, runsMs: Number(seconds) * 1000 };
  return { usage };
}

function amount(text: string | undefined, otherwise: string): number {
  try {
    return milliValue(text ?? otherwise) / 1000;
  } catch {
    return milliValue(otherwise) / 1000;
  }
}
