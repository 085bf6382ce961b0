import { eventually } from '@kubus/testkit';
import { expect } from 'vitest';
import type { Cluster } from './cluster.ts';

/** A pod of its own whose end, log and status show one rule. */
export interface PodCase {
  title: string;
  /** Spec of the pod; what is common to all is added by `podOf`. */
  spec: Record<string, unknown>;
  /** What the container `main` says until it ends, or a judgement of it. */
  log?: string | ((log: string, pod: ShownPod) => void);
  phase?: 'Succeeded' | 'Failed' | 'Running' | 'Pending';
  /** What has to be so before it is judged, beside the phase. */
  until?: (pod: ShownPod) => boolean;
  metadata?: Record<string, unknown>;
  /** Commands of kubectl, run once the pod has said "before". */
  change?: readonly (readonly string[])[];
}

export interface ShownContainer {
  name: string;
  ready: boolean;
  restartCount: number;
  state: { terminated?: { exitCode: number; reason: string; message?: string }; waiting?: { reason: string } };
  resources?: Record<string, Record<string, string>>;
}

export interface ShownPod {
  metadata: { name: string; uid: string; generation: number; deletionTimestamp?: string };
  spec: {
    nodeName: string;
    terminationGracePeriodSeconds?: number;
    containers: { resources: object }[];
    ephemeralContainers?: object[];
  };
  status: {
    phase: string;
    reason?: string;
    podIP?: string;
    hostIP: string;
    observedGeneration: number;
    conditions: { type: string; status: string; reason?: string; message?: string; lastTransitionTime: string }[];
    containerStatuses: ShownContainer[];
    initContainerStatuses?: ShownContainer[];
  };
}

export const shell = (script: string, more: object = {}) => ({
  name: 'main',
  image: 'busybox:1.36',
  command: ['sh', '-c', script],
  ...more,
});

/** A pod that runs one script to its end. */
export const script = (title: string, text: string, log: PodCase['log'], container: object = {}, pod: object = {}) =>
  ({ title, spec: { containers: [shell(text, container)], ...pod }, ...(log === undefined ? {} : { log }) }) as PodCase;

const podOf = (name: string, { spec, metadata }: PodCase) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, ...spec },
});

/** Starts all pods side by side; each is then judged by itself. */
export class PodCases {
  readonly #names: ReadonlyMap<PodCase, string>;
  readonly #cluster: () => Cluster;

  constructor(cases: readonly PodCase[], cluster: () => Cluster) {
    this.#names = new Map(cases.map((each, i) => [each, (each.metadata?.name as string) ?? `case-${i}`]));
    this.#cluster = cluster;
  }

  name(of: PodCase): string {
    return this.#names.get(of) as string;
  }

  async start(): Promise<void> {
    const items = [...this.#names].map(([each, name]) => podOf(name, each));
    await create(this.#cluster(), items);
  }

  /** Waits until those that wait for a change have begun, and changes what they wait for. */
  async change(): Promise<void> {
    const waiting = [...this.#names].filter(([each]) => each.change !== undefined);
    for (const [, name] of waiting) {
      await eventually(async () => expect((await this.#log(name)).split('\n')).toContain('before'), 240_000, 500);
    }
    for (const [{ change = [] }] of waiting) for (const args of change) await this.#cluster().kubectl(...args);
  }

  async judge(each: PodCase): Promise<void> {
    const name = this.name(each);
    const phase = each.phase ?? 'Succeeded';
    const pod = await eventually(
      async () => {
        const found = await this.#cluster().getJson<ShownPod>('pod', name);
        const reached = each.until?.(found) ?? true;
        const done = reached && found.status.phase === phase && (phase !== 'Running' || isReady(found));
        if (!done) throw new Error(`${JSON.stringify(found.status)}\n${await this.#log(name)}`);
        return found;
      },
      150_000,
      500,
    );
    // A container that goes on may not have said everything yet.
    await eventually(
      async () => {
        const log = await this.#log(name);
        if (typeof each.log === 'string') expect(log).toBe(each.log);
        else each.log?.(log, pod);
      },
      phase === 'Running' ? 20_000 : 5_000,
      200,
    );
  }

  async #log(name: string): Promise<string> {
    return (await this.#cluster().tryKubectl(['logs', name, '-c', 'main'])).stdout;
  }
}

export const isReady = (pod: ShownPod) =>
  pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

export async function create(cluster: Cluster, items: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items };
  const { code, stderr } = await cluster.tryKubectl(['create', '-f', '-'], { input: JSON.stringify(list) });
  if (code !== 0) throw new Error(stderr);
}
