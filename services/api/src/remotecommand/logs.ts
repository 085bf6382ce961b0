import type { BusStream } from '@kubus/shared/bus';
import { type Status, StatusError } from '@kubus/shared/errors';
import { contextOf, type ResourceCall } from '../http/call.ts';
import type { Pipeline } from '../http/contract.ts';
import { drained, type FrontResponse, flushHeaders, write } from '../http/exchange.ts';
import { apiRequestOf } from '../http/resources.ts';
import type { NodeStreams } from './contract.ts';
import { type LogOptions, logOptions } from './log-options.ts';
import { containerOf, nodeRequest, type TargetPod } from './target.ts';

/** A stream that is quiet for so long has begun well: its headers go out, so that a client that follows is not kept in doubt. */
const QUIET_START_MS = 500;

/** Serves pods/log: the node reads, the api passes on, at the pace of the client. */
export async function serveLog(call: ResourceCall, pipeline: Pipeline, nodes: NodeStreams): Promise<void> {
  const pod = (await pipeline.connect(apiRequestOf(call), contextOf(call))) as TargetPod;
  const options = logOptions(call.info.name, call.query);
  const container = containerOf(pod, call.query.get('container') ?? '');
  const node = pod.spec?.nodeName ?? '';
  const { response } = call;
  response.statusCode = 200;
  response.setHeader('content-type', 'text/plain');
  response.setHeader('cache-control', 'no-cache, private');
  // Not scheduled yet: nothing was written, and that is no failure.
  if (node === '' || call.request.method === 'HEAD') {
    response.end();
    return;
  }
  const stream = await nodes.open(node, nodeRequest('logs', pod, container, { ...options }));
  const onAbort = (): void => void stream.close().catch(() => undefined);
  call.signal.addEventListener('abort', onAbort, { once: true });
  if (call.signal.aborted) onAbort();
  const quiet = setTimeout(() => response.headersSent || flushHeaders(response), QUIET_START_MS);
  try {
    await pass(stream, response, options);
  } finally {
    clearTimeout(quiet);
    call.signal.removeEventListener('abort', onAbort);
    onAbort();
  }
}

async function pass(stream: BusStream, response: FrontResponse, options: LogOptions): Promise<void> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  for await (const { channel, data } of stream.incoming) {
    if (channel === 3 && data !== undefined) failed(JSON.parse(Buffer.from(data).toString()) as Status);
    if (channel !== 1 || data === undefined) continue;
    const chunk = data.length > left ? data.subarray(0, left) : data;
    left -= chunk.length;
    if (!write(response, chunk)) await drained(response);
    if (response.destroyed) return;
    if (left === 0) break;
  }
  if (left > 0) failed(await stream.closed);
  response.end();
}

function failed(status: Status | undefined): void {
  if (status?.status === 'Failure') throw StatusError.from(status);
}
