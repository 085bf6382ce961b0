import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { Runtime } from '../runtime/contract.ts';
import type { AgentSettings } from '../settings.ts';
import { kubeletVersion } from '../version.ts';
import type { NodeFacts } from './node-object.ts';

/** What this machine and its runtime are. */
export async function machineFacts(settings: AgentSettings, runtime: Runtime): Promise<NodeFacts> {
  const first = async (path: string) => (await readFile(path, 'utf8').catch(() => randomUUID())).trim();
  const cpuMillis = settings.KUBUS_ALLOCATABLE_CPU_MILLIS;
  const memoryBytes = settings.KUBUS_ALLOCATABLE_MEMORY_BYTES;
  return {
    name: settings.KUBUS_NODE_NAME,
    addresses: ownAddresses(),
    capacity: await runtime.capacity(),
    allocatable: {
      ...(cpuMillis === undefined ? {} : { cpuMillis }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    },
    maxPods: settings.KUBUS_MAX_PODS,
    runtimeVersion: runtime.version,
    kubeletVersion,
    machineId: await first('/etc/machine-id'),
    bootId: await first('/proc/sys/kernel/random/boot_id'),
  };
}

/** One address, as kubelet reports by default: the first that is not of the loopback, else the loopback's. */
function ownAddresses(): string[] {
  const all = Object.entries(networkInterfaces())
    .filter(([name]) => !/^(docker|br-|veth)/.test(name))
    .flatMap(([, addresses]) => addresses ?? []);
  const found = all.find((address) => !address.internal && address.family === 'IPv4');
  return [found?.address ?? '127.0.0.1'];
}
