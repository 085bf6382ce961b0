import { type ClientHttp2Session, connect } from 'node:http2';
import { rate } from './harness.ts';

/** What a process of readers is asked; it answers with the reads per second. It is started by replicas.bench.ts. */
export interface ReadOrder {
  port: number;
  tls: { ca: string; cert: string; key: string };
  /** Read one after the other, over and over. */
  paths: readonly string[];
  count: number;
  inFlight: number;
}

process.on('message', (order: ReadOrder) => void readAll(order));

async function readAll({ port, tls, paths, count, inFlight }: ReadOrder): Promise<void> {
  const session = connect(`https://127.0.0.1:${port}`, { ...tls, settings: { initialWindowSize: 4 * 1024 * 1024 } });
  session.once('connect', () => session.setLocalWindowSize(1024 * 1024 * 1024));
  const perSecond = await rate(count, inFlight, (i) => read(session, paths[i % paths.length] ?? '/version'));
  session.close();
  process.send?.(perSecond);
}

function read(session: ClientHttp2Session, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = session.request({ ':path': path });
    request.on('response', ({ ':status': status }) => {
      if (status !== 200) reject(new Error(`HTTP ${status} for ${path}`));
    });
    request.on('error', reject);
    request.on('end', () => resolve());
    request.resume();
  });
}
