import type { BusStream, NodeStreamRequest } from '@kubus/shared/bus';

/** Opens streams to node agents; implemented by the bus. */
export interface NodeStreams {
  /** Rejects with a StatusError when the agent refuses, or does not answer. */
  open(node: string, request: NodeStreamRequest): Promise<BusStream>;
}
