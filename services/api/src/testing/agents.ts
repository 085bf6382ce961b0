import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCreds, type NatsAuthority } from '@kubus/shared/bootstrap';
import { BusApiClient, connectBus } from '@kubus/shared/bus';
import { ApiSource, CachedInformer } from '@kubus/shared/informer';
import type { KubeObject } from '@kubus/shared/object';
import type { NatsConnection } from 'nats';
import type { TestApi } from './start-api.ts';

const leases = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespace: 'kube-node-lease' };
const pods = { group: '', version: 'v1', resource: 'pods' };

/** What every agent has to do with the API: a connection of its own, the pods of its node, its lease. */
export class TestAgent {
  readonly pods: CachedInformer;
  /** Lists that it has asked for. */
  lists = 0;
  readonly #name: string;
  readonly #connection: NatsConnection;
  readonly #api: BusApiClient;

  private constructor(name: string, connection: NatsConnection) {
    this.#name = name;
    this.#connection = connection;
    this.#api = new BusApiClient({ connection, identity: { kind: 'node', name } });
    const client: Pick<BusApiClient, 'request' | 'watch'> = {
      request: (request) => {
        if (request.verb === 'list') this.lists++;
        return this.#api.request(request);
      },
      watch: (request, options) => this.#api.watch(request, options),
    };
    const query = { fieldSelector: `spec.nodeName=${name}` };
    this.pods = new CachedInformer({ resource: pods, source: new ApiSource({ client, resource: pods, query }) });
  }

  /** Agents whose nodes are named so. They connect one after the other: this one process signs for all of them, and the server waits for a signature for two seconds. */
  static async startAll(api: TestApi, names: readonly string[]): Promise<TestAgent[]> {
    const { accountSeed } = JSON.parse(
      await readFile(join(api.dir, 'authority', 'nats.json'), 'utf8'),
    ) as NatsAuthority;
    const agents: TestAgent[] = [];
    for (const name of names) {
      const identity = { kind: 'node', name } as const;
      const creds = await createCreds(accountSeed, identity);
      agents.push(new TestAgent(name, await connectBus({ servers: api.nats.url, identity, creds })));
    }
    await Promise.all(agents.map((agent) => agent.pods.start()));
    await Promise.all(agents.map((agent) => agent.renew()));
    return agents;
  }

  /** Its lease, by server-side apply. */
  renew(): Promise<KubeObject> {
    const spec = {
      holderIdentity: this.#name,
      leaseDurationSeconds: 40,
      renewTime: `${new Date().toISOString().slice(0, -1)}000Z`,
    };
    return this.#api.request({
      verb: 'patch',
      ...leases,
      name: this.#name,
      query: { fieldManager: 'kubelet', force: 'true' },
      contentType: 'application/apply-patch+yaml',
      body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: this.#name }, spec },
    });
  }

  async stop(): Promise<void> {
    await this.pods.stop();
    this.#api.close();
    await this.#connection.close();
  }
}
