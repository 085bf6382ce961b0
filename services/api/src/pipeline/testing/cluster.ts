import { generateKeyPairSync } from 'node:crypto';
import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import { changeStream, JetStreamChangeReader, OwnCommits, RelayedChanges } from '@kubus/shared/changelog';
import type { Status } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { builtinKinds, Registry } from '@kubus/shared/registry';
import { Outbox, OwnEntries, RedisStore } from '@kubus/shared/store';
import { startNats, startRedis } from '@kubus/testkit';
import { connect } from 'nats';
import type { OptionalPlugin, PluginConfigurations, StandardPlugin } from '../../admission/index.ts';
import { defaultServiceNetwork } from '../../allocation/index.ts';
import { readSigningKey, ServiceAccountTokens, type UserInfo } from '../../authn/index.ts';
import { desiredSetBindings } from '../../busfront/index.ts';
import { Relay } from '../../relay/index.ts';
import { UsageStore } from '../../usage/index.ts';
import { ReplicaWatchCaches } from '../../watchcache/index.ts';
import { bootstrapObjects, type Pipeline, startPipeline } from '../index.ts';

export const admin: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

export function user(username: string, ...groups: readonly string[]): UserInfo {
  return { username, groups: [...groups, 'system:authenticated'] };
}

export function nodeUser(name: string): UserInfo {
  return user(`system:node:${name}`, 'system:nodes');
}

/** What a client says, with the user it is. */
export class Client {
  readonly #pipeline: Pipeline;
  readonly #user: UserInfo;

  constructor(pipeline: Pipeline, user: UserInfo) {
    this.#pipeline = pipeline;
    this.#user = user;
  }

  send(request: ApiRequest): Promise<ApiResponse> {
    const context = { user: this.#user, userAgent: 'test/1.0', signal: new AbortController().signal };
    return this.#pipeline.handle(structuredClone(request), context);
  }

  /** The object of a success. */
  async ok<T extends KubeObject = KubeObject>(request: ApiRequest): Promise<T> {
    const { code, body } = await this.send(request);
    if (code >= 400) throw new Error(`${request.verb} ${request.resource}: ${JSON.stringify(body)}`);
    return body as T;
  }

  /** The Status of a failure. */
  async refused(request: ApiRequest): Promise<Status> {
    const { code, body } = await this.send(request);
    if (code < 400) throw new Error(`${request.verb} ${request.resource} was not refused: ${JSON.stringify(body)}`);
    return body as Status;
  }
}

/** A pipeline over real servers. */
export interface TestCluster {
  pipeline: Pipeline;
  store: RedisStore;
  tokens: ServiceAccountTokens;
  caches: ReplicaWatchCaches;
  natsUrl: string;
  as(user: UserInfo): Client;
  /** The change log begins with its last change. */
  forgetHistory(): Promise<void>;
  stop(): Promise<void>;
}

const quiet = { info: () => undefined, warn: () => undefined };

export interface TestClusterOptions {
  serviceNetwork?: typeof defaultServiceNetwork;
  /** Default none. */
  enabledPlugins?: readonly OptionalPlugin[];
  /** Default none. */
  disabledPlugins?: readonly StandardPlugin[];
  /** Default none. */
  pluginConfigurations?: PluginConfigurations;
  /** With the ServiceAccounts that pods in `default` and `kube-system` have to have; no controller makes them here. Default false. */
  takesPods?: boolean;
}

export async function startCluster({
  serviceNetwork = defaultServiceNetwork,
  enabledPlugins = [],
  disabledPlugins = [],
  pluginConfigurations,
  takesPods = false,
}: TestClusterOptions = {}): Promise<TestCluster> {
  const storage = await startStorage();
  const { store, caches, connection } = storage;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const tokens = new ServiceAccountTokens([await readSigningKey(pem)]);
  const usage = new UsageStore();
  const reports = usage.listen(connection);
  const running = await startPipeline({
    registry: new Registry(builtinKinds),
    store,
    caches,
    tokens,
    impliedBindings: desiredSetBindings,
    usage,
    serviceNetwork,
    enabledPlugins,
    disabledPlugins,
    pluginConfigurations,
  });
  await bootstrapObjects(running.pipeline, serviceNetwork);
  const as = (who: UserInfo) => new Client(running.pipeline, who);
  for (const namespace of takesPods ? ['default', 'kube-system'] : []) {
    const account = { ...core, resource: 'serviceaccounts', namespace } as const;
    await as(admin).ok({ ...account, verb: 'create', body: { metadata: { name: 'default' } } });
  }
  return {
    pipeline: running.pipeline,
    store,
    tokens,
    caches,
    natsUrl: storage.natsUrl,
    as,
    forgetHistory: storage.forgetHistory,
    stop: async () => {
      reports.stop();
      running.stop();
      await storage.stop();
    },
  };
}

/** Redis and NATS with what a replica of the api has over them: store, relay and watch caches. */
async function startStorage() {
  const [redis, nats] = await Promise.all([startRedis({ appendfsync: 'no' }), startNats()]);
  const own = new OwnCommits();
  const ownEntries = new OwnEntries();
  const store = await RedisStore.connect({
    url: redis.url,
    // A machine that stands still for some seconds is no Redis that died.
    answerMs: 60_000,
    patienceMs: 60_000,
    onCommitted: own.note.bind(own),
    ownEntries,
  });
  const connection = await connect({ servers: nats.url });
  const outbox = new Outbox({ url: redis.url });
  const relayed = new RelayedChanges();
  const relay = new Relay({ outbox, connection, log: quiet, own: ownEntries, relayed });
  relay.start();
  const reader = new JetStreamChangeReader({ connection, store, own, relayed });
  const caches = new ReplicaWatchCaches({
    store,
    reader,
    triggers: ({ resource }) =>
      resource === 'pods'
        ? { 'spec.nodeName': (pod) => (pod as { spec?: { nodeName?: string } }).spec?.nodeName ?? '' }
        : {},
  });
  return {
    store,
    caches,
    connection,
    natsUrl: nats.url,
    forgetHistory: async () => {
      await (await connection.jetstreamManager()).streams.purge(changeStream, { keep: 1 });
    },
    stop: async () => {
      await caches.stop();
      reader.close();
      await relay.stop();
      outbox.close();
      await connection.close();
      await store.close();
      await Promise.all([redis.stop(), nats.stop()]);
    },
  };
}

export const core = { group: '', version: 'v1' } as const;

export function configMap(name: string, data: Record<string, string> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

export function podBody(name: string, spec: Record<string, unknown> = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'busybox:1.36' }], ...spec },
  };
}
