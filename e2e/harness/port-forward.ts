import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually } from '@kubus/testkit';
import type { Cluster } from './cluster.ts';

export interface ForwardOptions {
  binary?: string;
  env?: Record<string, string>;
}

/** Calls `use` with a port of this machine that kubectl forwards to a port of a pod. */
export async function forwarding(
  cluster: Cluster,
  [pod, port]: readonly [pod: string, port: number],
  use: (local: number) => Promise<void>,
  { binary = 'kubectl-1.36', env = {} }: ForwardOptions = {},
): Promise<void> {
  const child = spawn(binary, ['port-forward', `pod/${pod}`, `:${port}`], {
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig, ...env },
  });
  let output = '';
  for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (chunk) => (output += chunk));
  try {
    const local = await eventually(() => {
      const match = /127\.0\.0\.1:(\d+) -> /.exec(output);
      if (match === null) throw new Error(`not forwarding yet: ${output}`);
      return Number(match[1]);
    });
    await use(local);
  } finally {
    child.kill();
  }
}

/** Reads what a port sends to its end; gives back how much it was. */
export async function receiveAll(port: number): Promise<number> {
  let bytes = 0;
  for await (const chunk of connect({ port, host: '127.0.0.1' })) bytes += (chunk as Buffer).length;
  return bytes;
}

/** Sends zeros, and waits for the other side to close, which it does when it has all of them. */
export async function sendZeros(port: number, bytes: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const piece = Buffer.alloc(Math.min(bytes, 2 ** 20));
  for (let sent = 0; sent < bytes; sent += piece.length) {
    if (!socket.write(piece)) await once(socket, 'drain');
  }
  socket.end();
  socket.resume();
  await once(socket, 'end');
}
