import { NodeTransport } from 'nats/lib/src/node_transport.js';

/**
 * Makes nats.js end an attempt to connect that it gives up. By itself (2.29.3) it leaves the socket of an attempt that took too long, as at a server that was stopped. When
 * that server goes on, it closes such a socket for want of credentials, and nats.js takes this for the end of the connection that it has made meanwhile: it connects once
 * more beside it, and from then on each message comes twice. An answer that comes twice is taken for that of the next request with its inbox.
 */
export function endAbandonedAttempts(): void {
  NodeTransport.prototype.discard = function discard(this: Abandoned): void {
    if (this.done) return;
    // Whatever comes of it is told to nobody.
    this.done = true;
    this.yields.length = 0;
    this.signal.resolve();
    this.socket?.destroy();
  };
}

/** There is no socket as long as it is being opened. */
type Abandoned = Omit<NodeTransport, 'socket'> & { socket?: NodeTransport['socket'] };
