import { statfs } from 'node:fs/promises';
import type Docker from 'dockerode';
import type { Capacity } from '../contract.ts';
import { machineMemory } from './machine-memory.ts';

interface EngineInfo {
  NCPU: number;
  MemTotal: number;
  DockerRootDir: string;
  OperatingSystem: string;
  KernelVersion: string;
  Architecture: string;
  Runtimes?: Record<string, unknown>;
}

/** Architectures as the kernel calls them, and as Go and so Kubernetes do. */
const architectures = new Map([
  ['x86_64', 'amd64'],
  ['aarch64', 'arm64'],
]);

/** What the machine of the engine has, as the engine tells it. */
export async function engineCapacity(docker: Pick<Docker, 'info'>): Promise<Capacity> {
  const info = (await docker.info()) as EngineInfo;
  return {
    cpuMillis: info.NCPU * 1000,
    memoryBytes: info.MemTotal,
    storageBytes: await storageBytes(info.DockerRootDir),
    operatingSystem: info.OperatingSystem,
    kernelVersion: info.KernelVersion,
    architecture: architectures.get(info.Architecture) ?? info.Architecture,
    runtimeHandlers: Object.keys(info.Runtimes ?? {}).toSorted(),
    ...(await machineMemory(info.MemTotal)),
  };
}

/** Size of the file system that holds the engine's data; when that cannot be seen from here (Docker Desktop, a remote engine), Docker Desktop's usual disk. */
async function storageBytes(dir: string): Promise<number> {
  try {
    const { blocks, bsize } = await statfs(dir);
    return blocks * bsize;
  } catch {
    return 64 * 2 ** 30;
  }
}
