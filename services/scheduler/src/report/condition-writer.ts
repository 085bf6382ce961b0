import type { ApiClient, ApiRequest } from '@kubus/shared/bus';
import type { Pod } from '@kubus/shared/schema';

export interface ConditionWriterOptions {
  api: Pick<ApiClient, 'batch'>;
  log?: { warn(fields: object, message: string): void };
  now?: () => Date;
  /** How long conditions are collected into one message; milliseconds, default 100. */
  collectMs?: number;
  /** Conditions in one message at most; default 100. */
  batchSize?: number;
}

/**
 * Writes the condition PodScheduled=False of pods that fit nowhere, in the background. What cannot be written is left: the pod is tried again and
 * its condition written anew.
 */
export class ConditionWriter {
  readonly #options: ConditionWriterOptions;
  #waiting = new Map<string, { pod: Pod; message: string }>();
  #running: Promise<void> | undefined;

  constructor(options: ConditionWriterOptions) {
    this.#options = options;
  }

  /** Nothing is written when the pod says so already. */
  unschedulable(pod: Pod, message: string): void {
    const current = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    if (current?.status === 'False' && current.reason === 'Unschedulable' && current.message === message) return;
    this.#waiting.set(pod.metadata.uid ?? '', { pod, message });
    this.#running ??= this.#run();
  }

  /** The pod is not waiting any more. */
  drop(uid: string): void {
    this.#waiting.delete(uid);
  }

  /** Resolves when everything has been written or given up. */
  async drain(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { collectMs = 100, batchSize = 100, api, log } = this.#options;
    while (this.#waiting.size > 0) {
      await new Promise((resolve) => setTimeout(resolve, collectMs));
      const batch = [...this.#waiting].slice(0, batchSize);
      for (const [uid] of batch) this.#waiting.delete(uid);
      if (batch.length === 0) continue;
      try {
        await api.batch(batch.map(([, { pod, message }]) => this.#request(pod, message)));
      } catch (err) {
        log?.warn({ err, pods: batch.length }, 'Conditions of pods could not be written');
      }
    }
    this.#running = undefined;
  }

  #request(pod: Pod, message: string): ApiRequest {
    const { namespace = '', name, uid = '' } = pod.metadata;
    const now = (this.#options.now ?? (() => new Date()))();
    const before = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    const lastTransitionTime = before?.status === 'False' ? before.lastTransitionTime : undefined;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime: lastTransitionTime ?? `${now.toISOString().slice(0, 19)}Z`,
    };
    return {
      verb: 'patch',
      group: '',
      version: 'v1',
      resource: 'pods',
      subresource: 'status',
      namespace,
      name,
      contentType: 'application/strategic-merge-patch+json',
      body: { metadata: { uid }, status: { conditions: [condition] } },
    };
  }
}
