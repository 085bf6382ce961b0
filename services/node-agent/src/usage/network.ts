import { readFile } from 'node:fs/promises';
import type { InterfaceUsage, NetworkUsage } from './contract.ts';

/** Interfaces of a network namespace, as the kernel lists them for a process in it (`/proc/<pid>/net/dev`); not the loopback one. */
export function interfacesIn(text: string): InterfaceUsage[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', counters] = line.split(':');
    if (counters === undefined || name.trim() === 'lo') return [];
    const [rxBytes = 0, rxPackets = 0, rxErrors = 0, rxDropped = 0, , , , , ...sent] = counters
      .trim()
      .split(/\s+/)
      .map(Number);
    const [txBytes = 0, txPackets = 0, txErrors = 0, txDropped = 0] = sent;
    const received = { rxBytes, rxPackets, rxErrors, rxDropped };
    return [{ name: name.trim(), ...received, txBytes, txPackets, txErrors, txDropped }];
  });
}

/**
 * What went through the network of pods, read from the kernel. Only where the agent sees the machine's processes; a process is known to be the sandbox's by its cgroup.
 */
export class PodNetworks {
  readonly #pidOf: (id: string) => Promise<number | undefined>;
  readonly #proc: string;
  readonly #pids = new Map<string, number>();

  /** `pidOf`: the process of a sandbox that runs; it is asked once for each. */
  constructor(pidOf: (id: string) => Promise<number | undefined>, proc = '/proc') {
    this.#pidOf = pidOf;
    this.#proc = proc;
  }

  /** Of sandboxes by id; of one that is gone, or cannot be seen, nothing. */
  async of(ids: readonly string[]): Promise<NetworkUsage[]> {
    for (const id of this.#pids.keys()) if (!ids.includes(id)) this.#pids.delete(id);
    const found = await Promise.all(ids.map((id) => this.#one(id)));
    return found.filter((usage) => usage !== undefined);
  }

  async #one(id: string): Promise<NetworkUsage | undefined> {
    const pid = this.#pids.get(id) ?? (await this.#pidOf(id));
    if (pid === undefined) return undefined;
    this.#pids.set(id, pid);
    const read = (name: string) => readFile(`${this.#proc}/${pid}/${name}`, 'utf8').catch(() => '');
    const [cgroup, devices] = await Promise.all([read('cgroup'), read('net/dev')]);
    return cgroup.includes(id) ? { id, interfaces: interfacesIn(devices) } : undefined;
  }
}
