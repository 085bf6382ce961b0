import type { BusStream } from '@kubus/shared/bus';

/** Where the connections of a client go. */
export interface ForwardTarget {
  pod: string;
  uid: string;
  open(port: number): Promise<BusStream>;
}

/** What a client is told on a connection's error stream, in kubelet's words. */
export function failureText(port: string, { pod, uid }: ForwardTarget, failure: unknown): string {
  const reason = failure instanceof Error ? failure.message : 'unknown error';
  return `error forwarding port ${port} to pod ${pod}, uid ${uid}: ${reason}`;
}
