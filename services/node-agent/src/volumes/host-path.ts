import { mkdir, open, stat } from 'node:fs/promises';
import type { HostPathVolumeSource } from '@kubus/shared/schema';
import { VolumeError } from './contract.ts';

type Stats = Awaited<ReturnType<typeof stat>>;

interface HostPathType {
  what: string;
  is(stats: Stats): boolean;
  /** Makes it where nothing is; absent: that is an error. */
  create?(path: string): Promise<void>;
}

const makeDirectory = async (path: string) => void (await mkdir(path, { recursive: true, mode: 0o755 }));
const makeFile = async (path: string) => (await open(path, 'a', 0o644)).close();

/** Kubernetes: "hostPath volume types". With no type whatever is there is taken, and a folder is made where nothing is, as container runtimes do. */
const types: ReadonlyMap<string, HostPathType> = new Map<string, HostPathType>([
  ['', { what: '', is: () => true, create: makeDirectory }],
  ['DirectoryOrCreate', { what: 'a directory', is: (s) => s.isDirectory(), create: makeDirectory }],
  ['Directory', { what: 'a directory', is: (s) => s.isDirectory() }],
  ['FileOrCreate', { what: 'a file', is: (s) => s.isFile(), create: makeFile }],
  ['File', { what: 'a file', is: (s) => s.isFile() }],
  ['Socket', { what: 'a socket file', is: (s) => s.isSocket() }],
  ['CharDevice', { what: 'a character device', is: (s) => s.isCharacterDevice() }],
  ['BlockDevice', { what: 'a block device', is: (s) => s.isBlockDevice() }],
]);

/** Makes sure that the host has what the volume asks for. */
export async function checkHostPath({ path, type = '' }: HostPathVolumeSource): Promise<void> {
  const wanted = types.get(type);
  if (wanted === undefined) throw new VolumeError(`${type} is an invalid volume type`);
  const found = (await look(path)) ?? (await made(path, wanted));
  if (found === undefined || !wanted.is(found))
    throw new VolumeError(`hostPath type check failed: ${path} is not ${wanted.what}`);
}

const look = (path: string) => stat(path).catch(() => undefined);

async function made(path: string, { create }: HostPathType): Promise<Stats | undefined> {
  if (create === undefined) return undefined;
  await create(path).catch((error: Error) => {
    throw new VolumeError(`hostPath type check failed: ${error.message}`);
  });
  return look(path);
}

/** From inside of a container only the engine can tell that something is there; nobody can tell of what sort it is, nor make it. */
export async function checkUnseenHostPath(
  { path, type = '' }: HostPathVolumeSource,
  engineSees: (path: string) => Promise<boolean>,
): Promise<void> {
  if (!types.has(type)) throw new VolumeError(`${type} is an invalid volume type`);
  if (await engineSees(path)) return;
  throw new VolumeError(
    `hostPath type check failed: ${path} does not exist, and this node's agent, which runs in a container, cannot make it`,
  );
}
