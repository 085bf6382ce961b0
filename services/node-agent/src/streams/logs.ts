import type { BusStream } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { ContainerRecord, Runtime } from '../runtime/contract.ts';
import { isTrue } from './query.ts';

const stdout = 1;

/** Sends a container's log on channel 1, as the query of pods/log asks for it (Kubernetes: PodLogOptions). */
export async function serveLogs(
  record: ContainerRecord,
  query: Record<string, unknown>,
  stream: BusStream,
  runtime: Runtime,
): Promise<void> {
  const abort = new AbortController();
  void stream.closed.then(() => abort.abort());
  const since = sinceOf(query);
  const tailLines = numberOf(query, 'tailLines');
  const source = await runtime.logs(record.id, {
    // The log of a container that has ended has an end.
    follow: isTrue(query['follow']) && record.state === 'running',
    timestamps: isTrue(query['timestamps']),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(since === undefined ? {} : { since }),
    signal: abort.signal,
  });
  let left = numberOf(query, 'limitBytes') ?? Number.POSITIVE_INFINITY;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      const part = chunk.subarray(0, Math.min(chunk.length, left));
      left -= part.length;
      await stream.send(stdout, part);
      if (left <= 0) break;
    }
    await stream.end(stdout);
  } catch (error) {
    // The reader has gone: nobody is left to be told.
    if (!abort.signal.aborted) throw error;
  } finally {
    abort.abort();
    source.destroy();
  }
}

function sinceOf(query: Record<string, unknown>): number | undefined {
  const seconds = numberOf(query, 'sinceSeconds');
  if (seconds !== undefined) return Date.now() / 1000 - seconds;
  const time = query['sinceTime'];
  if (typeof time !== 'string') return undefined;
  const parsed = Date.parse(time);
  if (Number.isNaN(parsed)) throw new StatusError('BadRequest', `sinceTime is not a time: ${JSON.stringify(time)}`);
  return parsed / 1000;
}

function numberOf(query: Record<string, unknown>, name: string): number | undefined {
  const value = query[name];
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new StatusError('BadRequest', `${name} must be greater than or equal to 0`);
  return number;
}
