import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Container } from '@kubus/shared/schema';
import type { ContainerRecord, Runtime } from '../runtime/contract.ts';

/** Kubernetes: MaxContainerTerminationMessageLength, and what of a log stands in for it. */
const maxMessageBytes = 4096;
const maxLogBytes = 2048;
const maxLogLines = 80;

/** The file of each start into which a container may say why it ends (Kubernetes: terminationMessagePath). */
export interface TerminationLogs {
  /** Makes the file; its path on the node. */
  provide(podUid: string, container: string, attempt: number): Promise<string>;
  /** '' when nothing was said. */
  read(podUid: string, container: string, attempt: number): Promise<string>;
  forget(podUid: string): Promise<void>;
}

/** Files in a folder that the engine sees under the same path. */
export function terminationLogs(dir: string): TerminationLogs {
  const safe = (text: string) => text.replaceAll(/[^a-zA-Z0-9-]/g, '_');
  const folder = (uid: string) => join(dir, safe(uid));
  const path = (uid: string, container: string, attempt: number) => join(folder(uid), `${safe(container)}.${attempt}`);
  return {
    provide: async (uid, container, attempt) => {
      await mkdir(folder(uid), { recursive: true, mode: 0o755 });
      const file = await open(path(uid, container, attempt), 'w');
      // Whoever the container runs as may write; the umask must not take that away.
      await file.chmod(0o666);
      await file.close();
      return path(uid, container, attempt);
    },
    read: async (uid, container, attempt) => {
      const file = await open(path(uid, container, attempt), 'r').catch(() => undefined);
      if (file === undefined) return '';
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(maxMessageBytes), 0, maxMessageBytes, 0);
        return buffer.toString('utf8', 0, bytesRead);
      } finally {
        await file.close();
      }
    },
    forget: (uid) => rm(folder(uid), { recursive: true, force: true }),
  };
}

/** What a container that has ended said last: its file, or the end of its log when it failed silently and is to be read so (terminationMessagePolicy). */
export async function terminationMessage(
  record: ContainerRecord,
  spec: Container,
  { logs, runtime }: { logs: TerminationLogs; runtime: Pick<Runtime, 'logs'> },
): Promise<string> {
  const said = await logs.read(record.podUid, record.container, record.attempt);
  const fallBack = spec.terminationMessagePolicy === 'FallbackToLogsOnError' && (record.exitCode ?? 0) !== 0;
  if (said !== '' || !fallBack) return said;
  const signal = AbortSignal.timeout(10_000);
  const tail = { follow: false, timestamps: false, tailLines: maxLogLines, signal };
  return lastBytes(await runtime.logs(record.id, tail));
}

async function lastBytes(source: Readable): Promise<string> {
  let end = Buffer.alloc(0);
  for await (const chunk of source as AsyncIterable<Buffer>) end = Buffer.concat([end, chunk]).subarray(-maxLogBytes);
  return end.toString('utf8');
}
