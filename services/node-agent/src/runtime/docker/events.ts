import type { Readable } from 'node:stream';
import type { Logger } from '@kubus/shared/telemetry';
import type Docker from 'dockerode';
import { label, type NodeScope } from './labels.ts';

const retryMs = 1_000;
/** What happens to containers without the agent's doing; what it makes and starts itself it looks at anyway. */
const interesting = ['die', 'oom', 'destroy'];

/** A container to which something happened. */
export interface ContainerChange {
  podUid: string;
  id: string;
  /** One of the engine's: 'die', 'oom', 'destroy'. */
  action: string;
}

export interface EventHandlers {
  /** The events are followed from now on; what happened before is not told. */
  onOpen(): void;
  onLost(): void;
  onChange(change: ContainerChange): void;
}

/** Follows the engine's events about the node's containers, and comes back after every loss of the connection. */
export function watchEvents(
  docker: Docker,
  scope: NodeScope,
  { onOpen, onLost, onChange }: EventHandlers,
  log: Logger,
): { stop(): void } {
  let stopped = false;
  let close = () => {};
  let timer: NodeJS.Timeout | undefined;
  const again = (err?: unknown) => {
    if (stopped) return;
    onLost();
    log.warn({ err }, 'Lost the events of the container runtime');
    timer = setTimeout(open, retryMs);
  };
  const open = async () => {
    try {
      const filters = {
        type: ['container'],
        event: interesting,
        label: [`${label.cluster}=${scope.cluster}`, `${label.node}=${scope.node}`],
      };
      const stream = (await docker.getEvents({ filters: filters as never })) as unknown as Readable;
      if (stopped) return stream.destroy();
      close = () => stream.destroy();
      onOpen();
      readLines(stream, (line) => {
        const change = changeOf(line);
        if (change !== undefined) onChange(change);
      });
      stream.once('error', again);
      stream.once('end', () => again());
    } catch (error) {
      again(error);
    }
  };
  void open();
  return {
    stop: () => {
      stopped = true;
      onLost();
      clearTimeout(timer);
      close();
    },
  };
}

function changeOf(line: string): ContainerChange | undefined {
  const event = JSON.parse(line) as { Action?: string; Actor?: { ID?: string; Attributes?: Record<string, string> } };
  const podUid = event.Actor?.Attributes?.[label.podUid];
  return podUid === undefined ? undefined : { podUid, id: event.Actor?.ID ?? '', action: event.Action ?? '' };
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
  });
}
