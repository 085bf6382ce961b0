import { spawn } from 'node:child_process';
import type { Cluster } from './cluster.ts';

/** The API of a cluster over plain HTTP, by `kubectl proxy`: for what kubectl itself cannot ask. */
export interface ApiProxy {
  /** host:port */
  readonly address: string;
  /** Parsed answer; throws with its text when it is a failure. */
  ask<T>(method: string, path: string, body?: object, contentType?: string): Promise<T>;
  stop(): void;
}

export async function startProxy({ kubeconfig }: Cluster): Promise<ApiProxy> {
  const child = spawn('kubectl-1.36', ['proxy', '--port=0', '--reject-paths=^$', '--reject-methods=^$'], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`kubectl proxy ended with ${code}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const found = /127\.0\.0\.1:\d+/.exec(text);
      if (found !== null) resolve(found[0]);
    });
  });
  const ask = async <T>(method: string, path: string, body?: object, contentType = 'application/json') => {
    const answer = await fetch(`http://${address}${path}`, {
      method,
      headers: { 'content-type': contentType },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  };
  return { address, ask, stop: () => child.kill() };
}
