import type { BusStream } from '@kubus/shared/bus';
import { type Status, StatusError } from '@kubus/shared/errors';
import { contextOf, type ResourceCall } from '../http/call.ts';
import type { Pipeline } from '../http/contract.ts';
import { drained, type FrontResponse } from '../http/exchange.ts';
import { apiRequestOf } from '../http/resources.ts';
import type { NodeStreams } from './contract.ts';
import { type LogOptions, logOptions } from './log-options.ts';
import { containerOf, nodeRequest, type TargetPod } from './target.ts';

/** A stream that is quiet for so long has begun well: its headers go out, so that a client that follows is not kept in doubt. */
const QUIET_START_MS = 500;

/** Where a log goes. */
export interface LogSink {
  /** Waits while the client has enough to read. */
  write(chunk: Uint8Array): Promise<void>;
  end(): void;
  readonly gone: boolean;
  /** Resolves when the client leaves, where the call does not tell. */
  readonly left?: Promise<void>;
}

/** Serves pods/log: the node reads, the api passes on, at the pace of the client. `accept` takes the place of the HTTP answer. */
export async function serveLog(
  call: ResourceCall,
  pipeline: Pipeline,
  nodes: NodeStreams,
  accept?: () => Promise<LogSink>,
): Promise<void> {
  const pod = (await pipeline.connect(apiRequestOf(call), contextOf(call))) as TargetPod;
  const options = logOptions(call.info.name, call.query);
  const container = containerOf(pod, call.query.get('container') ?? '');
  const node = pod.spec?.nodeName ?? '';
  const { response } = call;
  if (accept === undefined) {
    response.statusCode = 200;
    response.setHeader('content-type', 'text/plain');
    response.setHeader('cache-control', 'no-cache, private');
  }
  // Not scheduled yet: nothing was written, and that is no failure.
  if (node === '' || call.request.method === 'HEAD') {
    (accept === undefined ? response : await accept()).end();
    return;
  }
  const stream = await nodes.open(node, nodeRequest('logs', pod, container, { ...options }));
  const sink = await (accept?.() ?? plainSink(response)).catch(async (error: unknown) => {
    await stream.close();
    throw error;
  });
  const onAbort = (): void => void stream.close().catch(() => undefined);
  void sink.left?.then(onAbort);
  call.signal.addEventListener('abort', onAbort, { once: true });
  if (call.signal.aborted) onAbort();
  const quiet = setTimeout(
    () => accept === undefined && !response.headersSent && response.flushHeaders(),
    QUIET_START_MS,
  );
  try {
    await pass(stream, sink, options);
  } finally {
    if (accept !== undefined) sink.end();
    clearTimeout(quiet);
    call.signal.removeEventListener('abort', onAbort);
    onAbort();
  }
}

const plainSink = async (response: FrontResponse): Promise<LogSink> => ({
  write: async (chunk) => {
    if (!response.write(chunk)) await drained(response);
  },
  end: () => response.end(),
  get gone() {
    return response.destroyed;
  },
});

async function pass(stream: BusStream, sink: LogSink, options: LogOptions): Promise<void> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  for await (const { channel, data } of stream.incoming) {
    if (channel === 3 && data !== undefined) failed(JSON.parse(Buffer.from(data).toString()) as Status);
    if (channel !== 1 || data === undefined) continue;
    const chunk = data.length > left ? data.subarray(0, left) : data;
    left -= chunk.length;
    await sink.write(chunk);
    if (sink.gone) return;
    if (left === 0) break;
  }
  if (left > 0) failed(await stream.closed);
  sink.end();
}

function failed(status: Status | undefined): void {
  if (status?.status === 'Failure') throw StatusError.from(status);
}
