import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { adminTls, sampleConfigMap, startControlPlane } from './control-plane.ts';
import { type Benchmark, cpuSeconds, percentile } from './harness.ts';
import type { WatcherReport } from './watchers.ts';

const watchers = 10_000;
const perSecond = 50;
const seconds = 10;
const total = perSecond * seconds;

export default {
  name: 'many-watchers',
  about: `${watchers} watchers of one collection on one api replica over HTTP/2, ${perSecond} changes/s for ${seconds} s`,
  async run(say) {
    const plane = await startControlPlane({ api: 1 });
    const child = fork(fileURLToPath(new URL('watchers.ts', import.meta.url)));
    const message = () =>
      new Promise<WatcherReport>((resolve) => child.once('message', (value) => resolve(value as WatcherReport)));
    try {
      const pid = plane.pid('api');
      const ready = message();
      child.send({ port: plane.record.apiPort, tls: await adminTls(plane.layout), watchers, total });
      await ready;
      say(`${watchers} watches are open: ${peakMiB(pid).toFixed(0)} MiB`);
      const done = message();
      const began = cpuSeconds(pid);
      const started = performance.now();
      for (let i = 0; i < total; i++) {
        const due = started + (i * 1000) / perSecond;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
        const body = sampleConfigMap(`watch-${i}`);
        body.metadata.annotations.purpose = `${performance.timeOrigin + performance.now()}`;
        await plane.connection.api.request({
          ...{ verb: 'create', group: '', version: 'v1', resource: 'configmaps', namespace: 'default' },
          body,
        });
      }
      const report = await done;
      const share = (100 * report.received) / (watchers * total);
      const memory = peakMiB(pid);
      const used = (1e6 * (cpuSeconds(pid) - began)) / (watchers * total);
      const p50 = percentile(report.latencies, 0.5);
      say(`${used.toFixed(2)} us processor time of the api for each event of a watcher; p50 ${p50.toFixed(0)} ms`);
      return [
        {
          ...{ what: `delivered in order to ${watchers} watchers at ${perSecond} changes/s`, value: share, unit: '%' },
          ...{ target: '100%', reached: share === 100 && report.disorder === 0 },
        },
        {
          ...{ what: `highest memory of the api with ${watchers} watchers`, value: memory, unit: 'MiB' },
          ...{ target: 'under 1 GiB', reached: memory < 1024 },
        },
      ];
    } finally {
      child.kill();
      await plane.stop();
    }
  },
} satisfies Benchmark;

/** The most memory that a process has ever held. */
function peakMiB(pid: number | undefined): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
