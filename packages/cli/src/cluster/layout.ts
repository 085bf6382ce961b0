import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './folders.ts';
import { MissingPrerequisite } from './prerequisites.ts';

/** Where a local cluster keeps what it must remember: everything lies below one folder (default `.kubus`). */
export interface Layout {
  readonly root: string;
  /** Secrets and configuration, one folder per service (bootstrap). */
  readonly state: string;
  /** Redis' append-only file. */
  readonly redisData: string;
  /** NATS' JetStream store. */
  readonly natsData: string;
  /** One folder per agent: its NATS credentials, checkpoint and volumes. */
  readonly agents: string;
  readonly logs: string;
  readonly run: string;
  readonly kubeconfig: string;
}

export function layoutOf(root: string): Layout {
  return {
    root,
    state: join(root, 'state'),
    redisData: join(root, 'redis'),
    natsData: join(root, 'nats'),
    agents: join(root, 'agents'),
    logs: join(root, 'logs'),
    run: join(root, 'run'),
    kubeconfig: join(root, 'kubeconfig'),
  };
}

/** What must stay the same from one start to the next. */
export interface ClusterRecord {
  /** Part of every container's labels, so that two clusters can share one Docker Engine. */
  name: string;
  apiPort: number;
  redisPort: number;
  natsPort: number;
  runtime: 'docker' | 'sim';
  nodes: number;
}

export const recordName = 'cluster.json';
const recordFile = (layout: Layout) => join(layout.root, recordName);

export async function readRecord(layout: Layout): Promise<ClusterRecord | undefined> {
  try {
    return JSON.parse(await readFile(recordFile(layout), 'utf8')) as ClusterRecord;
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    throw new MissingPrerequisite(`${recordFile(layout)} is no record of a cluster; remove it to start anew`, {
      cause: error,
    });
  }
}

export async function writeRecord(layout: Layout, record: ClusterRecord): Promise<void> {
  const draft = `${recordFile(layout)}.new`;
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`);
  await rename(draft, recordFile(layout));
}

export async function createFolders(layout: Layout): Promise<void> {
  await makeFolder(layout.root, 0o700);
  for (const folder of [layout.redisData, layout.natsData, layout.agents, layout.logs, layout.run])
    await makeFolder(folder);
}

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT';
