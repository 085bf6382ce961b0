import { connectBus } from '@kubus/shared/bus';
import { JetStreamChangeReader, OwnCommits, RelayedChanges } from '@kubus/shared/changelog';
import type { Health, Lifecycle } from '@kubus/shared/lifecycle';
import type { GroupResource } from '@kubus/shared/object';
import type { Registry } from '@kubus/shared/registry';
import type { StateConnections } from '@kubus/shared/settings';
import { KeyRing, Outbox, OwnEntries, RedisStore, type Sealing } from '@kubus/shared/store';
import type { Logger } from '@kubus/shared/telemetry';
import type { NatsConnection } from 'nats';
import { Relay } from './relay/index.ts';
import { ReplicaWatchCaches, type Trigger } from './watchcache/index.ts';

export interface StateOptions {
  connections: StateConnections;
  sealing: Sealing;
  registry: Registry;
  /** Copies of the change log in a NATS cluster. */
  streamReplicas: number;
  lifecycle: Lifecycle;
  health: Health;
  log: Logger;
}

/** The cluster's state as an api replica holds it: Redis, the change log that this replica helps to write, and what it has read of it. */
export interface State {
  store: RedisStore;
  bus: NatsConnection;
  caches: ReplicaWatchCaches;
  keyRing: KeyRing;
}

/** How long Redis may take to be there; with Redis and NATS, an api is started in any order. */
const REDIS_PATIENCE_MS = 60_000;

export async function openState(options: StateOptions): Promise<State> {
  const { connections, lifecycle, health, log } = options;
  const { redisUrl, natsUrls, natsCreds } = connections;
  const keyRing = new KeyRing(options.sealing.keys);
  keyRing.replace(options.sealing);
  const own = new OwnCommits();
  const ownEntries = new OwnEntries();
  const onState = (state: 'ready' | 'lost', err?: Error): void => {
    log.info({ state, err }, 'Connection to Redis');
    if (state === 'lost') ownEntries.interrupt();
  };
  const store = await RedisStore.connect({
    url: redisUrl,
    name: 'api',
    keyRing,
    patienceMs: REDIS_PATIENCE_MS,
    onState,
    onCommitted: own.note.bind(own),
    ownEntries,
  });
  lifecycle.onStop('store', () => store.close());
  health.add('redis', async () => void (await store.revisions([])));

  const bus = await connectBus({
    servers: natsUrls,
    identity: { kind: 'service', name: 'api' },
    log,
    creds: natsCreds,
  });
  lifecycle.onStop('bus', () => bus.close());
  health.add('nats', async () => void (await bus.rtt()));

  const relayed = new RelayedChanges();
  startRelay({ bus, ownEntries, relayed, redisUrl }, options);
  const reader = new JetStreamChangeReader({ connection: bus, store, keyRing, own, relayed });
  lifecycle.onStop('change reader', () => reader.close());
  const caches = new ReplicaWatchCaches({
    store,
    reader,
    triggers: (resource) => triggersOf(options.registry, resource),
    onError: (resource, err) => log.warn({ ...resource, err }, 'Watch cache lists again'),
  });
  lifecycle.onStop('watch caches', () => caches.stop());
  return { store, bus, caches, keyRing };
}

interface RelayParts {
  bus: NatsConnection;
  ownEntries: OwnEntries;
  relayed: RelayedChanges;
  redisUrl: string;
}

function startRelay({ bus, ownEntries, relayed, redisUrl }: RelayParts, options: StateOptions): void {
  const { lifecycle, log, streamReplicas: replicas } = options;
  const onState = (state: 'ready' | 'lost'): void => {
    if (state === 'lost') ownEntries.interrupt();
  };
  const outbox = new Outbox({ url: redisUrl, name: 'api-relay', onState });
  const relay = new Relay({ outbox, connection: bus, log, own: ownEntries, relayed, stream: { replicas } });
  lifecycle.onStop('outbox', () => outbox.close());
  lifecycle.onStop('relay', () => relay.stop());
  relay.start();
}

/** The fields by which a kind's watches are narrowed. */
function triggersOf(registry: Registry, resource: GroupResource): Record<string, Trigger> {
  const declaration = registry.stored(resource)?.declaration;
  const triggers = (declaration?.triggers ?? []).flatMap((name) => {
    const field = declaration?.fields?.[name];
    return field === undefined ? [] : [[name, field] as const];
  });
  return Object.fromEntries(triggers);
}
