import type { ApiClient, ApiRequest, ApiResponse } from '@kubus/shared/bus';
import type { Node } from '@kubus/shared/schema';
import type { Logger } from '@kubus/shared/telemetry';
import { type NodeFacts, nodeObject, nodeStatus } from '../node/node-object.ts';
import { formatTime } from '../pod/times.ts';

const batchSize = 100;
/** Fewer: statuses are long, and have time. */
const statusBatchSize = 10;
const leaseSeconds = 40;

export interface SimNodesOptions {
  api: Pick<ApiClient, 'batch'>;
  nodes: readonly NodeFacts[];
  /** Between two renewals of a node's lease; milliseconds. They are spread over this time. */
  leaseIntervalMs: number;
  /** Between two reports of a node's status, which are spread over this time; milliseconds, default five minutes (kubelet: nodeStatusReportFrequency). */
  statusIntervalMs?: number;
  log: Logger;
  now?: () => number;
}

/** The Node objects and Leases of simulated nodes, written in batches. */
export class SimNodes {
  readonly #options: SimNodesOptions;
  readonly #now: () => number;
  readonly #timers = new Map<string, NodeJS.Timeout>();
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
    this.#inTurn('lease', this.#options.leaseIntervalMs, batchSize, (some) =>
      this.#send(some.map(({ name }) => this.#lease(name))),
    );
    this.#inTurn('status', this.#options.statusIntervalMs ?? 300_000, statusBatchSize, (some) => this.#report(some));
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
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

  /** Some nodes after the others, so that it is the turn of each once in the interval. */
  #inTurn(
    what: string,
    intervalMs: number,
    size: number,
    work: (some: readonly NodeFacts[]) => Promise<unknown>,
    turn = 0,
  ): void {
    const { nodes } = this.#options;
    const turns = Math.ceil(nodes.length / size);
    const timer = setTimeout(async () => {
      await work(nodes.slice(turn * size, (turn + 1) * size));
      if (!this.#stopped) this.#inTurn(what, intervalMs, size, work, (turn + 1) % turns);
    }, intervalMs / turns);
    this.#timers.set(what, timer);
  }

  /** Compared with the nodes as the API has them: the controllers may have taken them for lost meanwhile. */
  async #report(some: readonly NodeFacts[]): Promise<void> {
    const answers = await this.#send(some.map(reading));
    const now = formatTime(this.#now());
    const patches = some.flatMap((facts, i) => {
      const answer = answers[i];
      return answer?.code === 200 ? [statusPatch(facts, nodeStatus(facts, answer.body as Node, now))] : [];
    });
    if (patches.length > 0) await this.#send(patches);
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

const reading = (facts: NodeFacts): ApiRequest => ({
  verb: 'get',
  group: '',
  version: 'v1',
  resource: 'nodes',
  name: facts.name,
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
