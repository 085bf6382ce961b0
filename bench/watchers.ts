import { type ClientHttp2Session, connect } from 'node:http2';

/** What the process of watchers was asked and found; it is started by watch.bench.ts. */
interface WatcherOrder {
  port: number;
  tls: { ca: string; cert: string; key: string };
  watchers: number;
  /** Events each watcher waits for. */
  total: number;
}

export interface WatcherReport {
  received: number;
  /** Events that came in another order than that of their revisions. */
  disorder: number;
  /** Milliseconds; of a sample of the watchers. */
  latencies: number[];
}

const watchersPerConnection = 100;
const idleMs = 10_000;

process.once('message', (order: WatcherOrder) => void watchAll(order));

async function watchAll({ port, tls, watchers, total }: WatcherOrder): Promise<void> {
  const report: WatcherReport = { received: 0, disorder: 0, latencies: [] };
  let last = performance.now();
  const opened: Promise<void>[] = [];
  let session = open(port, tls);
  for (let i = 0; i < watchers; i++) {
    if (i > 0 && i % watchersPerConnection === 0) session = open(port, tls);
    // Every hundredth watcher's latencies are kept: reading the time of all would be the load.
    const sampled = i % Math.max(1, Math.floor(watchers / 10)) === 0;
    opened.push(
      watchOne(
        session,
        (line) => {
          report.received++;
          last = performance.now();
          return sampled ? line : undefined;
        },
        report,
      ),
    );
  }
  await Promise.all(opened);
  process.send?.(report);
  while (report.received < watchers * total && performance.now() - last < idleMs)
    await new Promise((resolve) => setTimeout(resolve, 100));
  process.send?.(report);
}

/** With the flow-control windows of Go's client (golang.org/x/net/http2): Node's own 64 KiB for a whole connection would be the measure, not the server. */
function open(port: number, tls: WatcherOrder['tls']): ClientHttp2Session {
  const session = connect(`https://127.0.0.1:${port}`, { ...tls, settings: { initialWindowSize: 4 * 1024 * 1024 } });
  session.once('connect', () => session.setLocalWindowSize(1024 * 1024 * 1024));
  return session;
}

function watchOne(
  session: ClientHttp2Session,
  onEvent: (line: string) => string | undefined,
  report: WatcherReport,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':path': '/api/v1/namespaces/default/configmaps?watch=true&labelSelector=app%3Dbench',
    });
    let rest = '';
    let revision = 0;
    stream.setEncoding('latin1');
    stream.once('response', (headers) =>
      headers[':status'] === 200 ? resolve() : reject(new Error(`HTTP ${headers[':status']}`)),
    );
    stream.once('error', reject);
    stream.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const seen = Number(/"resourceVersion":"(\d+)"/.exec(line)?.[1]);
        if (seen <= revision) report.disorder++;
        revision = seen;
        const sample = onEvent(line);
        const sent = sample === undefined ? undefined : /"purpose":"([\d.]+)"/.exec(sample)?.[1];
        if (sent !== undefined) report.latencies.push(performance.timeOrigin + performance.now() - Number(sent));
      }
    });
  });
}
