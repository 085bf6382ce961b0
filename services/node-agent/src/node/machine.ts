import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join, normalize } from 'node:path';
import type { Runtime } from '../runtime/contract.ts';
import type { AgentSettings } from '../settings.ts';
import { kubeletVersion } from '../version.ts';
import type { NodeFacts } from './node-object.ts';

/** What this machine and its runtime are. */
export async function machineFacts(settings: AgentSettings, runtime: Runtime): Promise<NodeFacts> {
  const first = async (path: string) => (await readFile(path, 'utf8').catch(() => randomUUID())).trim();
  const cpuMillis = settings.KUBUS_ALLOCATABLE_CPU_MILLIS;
  const capacity = await runtime.capacity();
  const memoryBytes = settings.KUBUS_ALLOCATABLE_MEMORY_BYTES;
  return {
    name: settings.KUBUS_NODE_NAME,
    addresses: ownAddresses(),
    capacity,
    allocatable: {
      ...(cpuMillis === undefined ? {} : { cpuMillis }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    },
    reserved: {
      cpuMillis: settings.KUBUS_RESERVED_CPU_MILLIS,
      memoryBytes: settings.KUBUS_RESERVED_MEMORY_BYTES + evictionMemory(settings, capacity.memoryBytes),
    },
    maxPods: settings.KUBUS_MAX_PODS,
    runtimeVersion: runtime.version,
    recursiveReadOnly: runtime.recursiveReadOnly,
    kubeletVersion,
    machineId: await first('/etc/machine-id'),
    bootId: await first('/proc/sys/kernel/random/boot_id'),
  };
}

/** What the node never gives away, because it evicts pods before. */
const evictionMemory = ({ KUBUS_EVICTION_HARD: thresholds }: AgentSettings, capacity: number) =>
  thresholds.find(({ signal }) => signal === 'memory.available')?.limit(capacity) ?? 0;

export const hasAppArmor = (): Promise<boolean> =>
  readFile('/sys/module/apparmor/parameters/enabled', 'utf8').then(
    (text) => text.startsWith('Y'),
    () => false,
  );

/** Profiles for `seccompProfile.localhostProfile`: JSON files below the folder. */
export const seccompProfiles = (dir: string) => async (path: string) => {
  const found = normalize(path);
  if (found.startsWith('..') || found.startsWith('/')) throw new Error(`not a path within the folder: ${path}`);
  try {
    return await readFile(join(dir, found), 'utf8');
  } catch (cause) {
    throw new Error(`cannot load seccomp profile "${join(dir, found)}"`, { cause });
  }
};

/** One address, as kubelet reports by default: the first that is not of the loopback, else the loopback's. */
function ownAddresses(): string[] {
  const all = Object.entries(networkInterfaces())
    .filter(([name]) => !/^(docker|br-|veth)/.test(name))
    .flatMap(([, addresses]) => addresses ?? []);
  const found = all.find((address) => !address.internal && address.family === 'IPv4');
  return [found?.address ?? '127.0.0.1'];
}
