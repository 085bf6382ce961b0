import type { ApiClient, ApiRequest, ApiResponse } from '@kubus/shared/bus';
import type { Logger } from '@kubus/shared/telemetry';
import { type NodeFacts, nodeObject, nodeStatus } from '../node/node-object.ts';
import { formatTime } from '../pod/times.ts';

const batchSize = 100;
const leaseSeconds = 40;

export interface SimNodesOptions {
  api: Pick<ApiClient, 'batch'>;
  nodes: readonly NodeFacts[];
  /** Between two renewals of a node's lease; milliseconds. They are spread over this time. */
  leaseIntervalMs: number;
  log: Logger;
  now?: () => number;
}

/** The Node objects and Leases of simulated nodes, written in batches. */
export class SimNodes {
  readonly #options: SimNodesOptions;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  #stopped = false;

  constructor(options: SimNodesOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Resolves when all nodes are registered and ready. */
  async start(): Promise<void> {
    const { nodes } = this.#options;
    await this.#untilAccepted(nodes, (facts) => creation(facts));
    await this.#untilAccepted(nodes, (facts) =>
      statusPatch(facts, nodeStatus(facts, undefined, formatTime(this.#now()))),
    );
    await this.#untilAccepted(nodes, (facts) => this.#lease(facts.name));
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #untilAccepted(nodes: readonly NodeFacts[], requestOf: (facts: NodeFacts) => ApiRequest): Promise<void> {
    for (let from = 0; from < nodes.length && !this.#stopped; from += batchSize) {
      let left = nodes.slice(from, from + batchSize);
      while (left.length > 0 && !this.#stopped) {
        const answers = await this.#send(left.map(requestOf));
        left = left.filter((_, i) => !isAccepted(answers[i]));
        if (left.length > 0) await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  }

  async #send(requests: ApiRequest[]): Promise<ApiResponse[]> {
    try {
      return await this.#options.api.batch(requests);
    } catch (err) {
      this.#options.log.warn({ err }, 'Simulated nodes could not report; trying again');
      return [];
    }
  }

  /** A batch of leases after the other, so that each is renewed once in the interval. */
  #schedule(): void {
    const { nodes, leaseIntervalMs } = this.#options;
    const batches = Math.ceil(nodes.length / batchSize);
    this.#timer = setTimeout(async () => {
      const from = this.#next * batchSize;
      this.#next = (this.#next + 1) % batches;
      await this.#send(nodes.slice(from, from + batchSize).map((facts) => this.#lease(facts.name)));
      if (!this.#stopped) this.#schedule();
    }, leaseIntervalMs / batches);
  }

  /** Server-side apply creates the lease or renews it, in one request. */
  #lease(name: string): ApiRequest {
    const renewTime = new Date(this.#now()).toISOString().replace('Z', '000Z');
    return {
      verb: 'patch',
      group: 'coordination.k8s.io',
      version: 'v1',
      resource: 'leases',
      namespace: 'kube-node-lease',
      name,
      query: { fieldManager: 'kubelet', force: 'true' },
      contentType: 'application/apply-patch+yaml',
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name, namespace: 'kube-node-lease' },
        spec: { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime },
      },
    };
  }
}

/** 409 to a creation: it was registered before. */
const isAccepted = (answer: ApiResponse | undefined) =>
  answer !== undefined && (answer.code < 300 || answer.code === 409);

const creation = (facts: NodeFacts): ApiRequest => ({
  verb: 'create',
  group: '',
  version: 'v1',
  resource: 'nodes',
  body: nodeObject(facts),
});

const statusPatch = (facts: NodeFacts, status: unknown): ApiRequest => ({
  verb: 'patch',
  group: '',
  version: 'v1',
  resource: 'nodes',
  subresource: 'status',
  name: facts.name,
  contentType: 'application/strategic-merge-patch+json',
  body: { status },
});
