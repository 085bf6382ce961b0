import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { adminTls, sampleConfigMap, startControlPlane } from './control-plane.ts';
import { type Benchmark, type Figure, percentile } from './harness.ts';
import type { WatcherReport } from './watchers.ts';

const perSecond = 500;
const seconds = 10;

export default {
  name: 'watch',
  about: `commit to HTTP watcher at ${perSecond} writes/s; latency from before the write is sent to the event in the watcher's process`,
  async run(say) {
    const figures: Figure[] = [];
    for (const watchers of [1, 100, 1_000]) {
      const report = await measure(watchers);
      const p50 = percentile(report.latencies, 0.5);
      const p99 = percentile(report.latencies, 0.99);
      const share = (100 * report.received) / (watchers * perSecond * seconds);
      say(`${watchers} watchers: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ${share.toFixed(2)}% delivered`);
      const goal = watchers === 100;
      figures.push(
        {
          what: `p50 with ${watchers} watchers`,
          value: p50,
          unit: 'ms',
          ...(goal ? { target: 'under 5 ms', reached: p50 < 5 } : {}),
        },
        {
          what: `p99 with ${watchers} watchers`,
          value: p99,
          unit: 'ms',
          ...(goal ? { target: 'under 25 ms', reached: p99 < 25 } : {}),
        },
        {
          what: `delivered in order to ${watchers} watchers`,
          value: share,
          unit: '%',
          target: '100%',
          reached: share === 100 && report.disorder === 0,
        },
      );
    }
    return figures;
  },
} satisfies Benchmark;

/** Watchers live in a process of their own; both processes read the same clock. */
async function measure(watchers: number): Promise<WatcherReport> {
  const plane = await startControlPlane({ api: 1 });
  const child = fork(fileURLToPath(new URL('watchers.ts', import.meta.url)));
  try {
    const message = () =>
      new Promise<WatcherReport>((resolve) => child.once('message', (value) => resolve(value as WatcherReport)));
    const tls = await adminTls(plane.layout);
    const total = perSecond * seconds;
    const ready = message();
    child.send({ port: plane.record.apiPort, tls, watchers, total });
    await ready;
    const done = message();
    const started = performance.now();
    const pending: Promise<unknown>[] = [];
    for (let i = 0; i < total; i++) {
      const due = started + (i * 1000) / perSecond;
      while (performance.now() < due)
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      const object = sampleConfigMap(`watch-${i}`);
      object.metadata.annotations.purpose = `${performance.timeOrigin + performance.now()}`;
      pending.push(
        plane.connection.api.request({
          verb: 'create',
          group: '',
          version: 'v1',
          resource: 'configmaps',
          namespace: 'default',
          body: object,
        }),
      );
    }
    await Promise.all(pending);
    return await done;
  } finally {
    child.kill();
    await plane.stop();
  }
}
