import { family, type Sample, sample } from './exposition.ts';

export type ProbeResult = 'successful' | 'failed' | 'unknown';

/** Whose probe it was. */
export interface Probed {
  podUid: string;
  pod: string;
  namespace: string;
  container: string;
  /** As Kubernetes writes them: 'Liveness'. */
  type: string;
}

/** Upper bounds in seconds; those of Prometheus' client, which kubelet has. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Counts {
  probed: Probed;
  results: Map<ProbeResult, number>;
  /** One for each bound, and one for all above. */
  buckets: number[];
  seconds: number;
}

/** How the probes of a node came out, and how long they took; of a pod that is gone nothing is kept. */
export class ProbeMetrics {
  readonly #byPod = new Map<string, Map<string, Counts>>();

  count(probed: Probed, result: ProbeResult, seconds: number): void {
    const pod = this.#byPod.get(probed.podUid) ?? new Map<string, Counts>();
    this.#byPod.set(probed.podUid, pod);
    const key = `${probed.container} ${probed.type}`;
    const counts = pod.get(key) ?? { probed, results: new Map(), buckets: bounds.map(() => 0).concat(0), seconds: 0 };
    pod.set(key, counts);
    counts.results.set(result, (counts.results.get(result) ?? 0) + 1);
    const bucket = bounds.findIndex((bound) => seconds <= bound);
    const at = bucket === -1 ? bounds.length : bucket;
    counts.buckets[at] = (counts.buckets[at] ?? 0) + 1;
    counts.seconds += seconds;
  }

  forget(podUid: string): void {
    this.#byPod.delete(podUid);
  }

  text(): string {
    const all = [...this.#byPod.values()].flatMap((pod) => [...pod.values()]);
    const totals = all.flatMap(({ probed: { podUid, type, ...rest }, results }) =>
      [...results].map(([result, value]): Sample => [{ ...rest, pod_uid: podUid, probe_type: type, result }, value]),
    );
    const help = 'Cumulative number of a liveness, readiness or startup probe for a container by result.';
    return [
      family('prober_probe_total', 'counter', help, totals),
      family('prober_probe_duration_seconds', 'histogram', 'Duration in seconds for a probe response.', []),
      ...all.map(durations),
    ].join('');
  }
}

function durations({ probed: { podUid: _, type, ...rest }, buckets, seconds }: Counts): string {
  const name = 'prober_probe_duration_seconds';
  const labels = { ...rest, probe_type: type };
  let below = 0;
  const lines = buckets.map((count, i) => {
    below += count;
    return sample(`${name}_bucket`, { ...labels, le: i < bounds.length ? `${bounds[i]}` : '+Inf' }, below);
  });
  return `${[...lines, sample(`${name}_sum`, labels, seconds), sample(`${name}_count`, labels, below)].join('\n')}\n`;
}
