import { connectBus } from '@kubus/shared/bus';
import { JetStreamChangeReader } from '@kubus/shared/changelog';
import { InformerSet, StoreSource } from '@kubus/shared/informer';
import type { Health, Lifecycle } from '@kubus/shared/lifecycle';
import type { GroupResource } from '@kubus/shared/object';
import type { StateConnections } from '@kubus/shared/settings';
import { RedisStore } from '@kubus/shared/store';
import type { Logger } from '@kubus/shared/telemetry';
import type { NatsConnection } from 'nats';
import { informerIndexes } from './common/indexes.ts';

export interface StateOptions {
  connections: StateConnections;
  /** Resources that informers follow. */
  resources: readonly GroupResource[];
  lifecycle: Lifecycle;
  health: Health;
  log: Logger;
}

/** The cluster as this replica sees it. It reads; every write goes through the API. */
export interface State {
  store: RedisStore;
  bus: NatsConnection;
  informers: InformerSet;
}

/** How long Redis may take to be there; it may be started after us. */
const redisPatienceMs = 60_000;

/** Informers are made, not started. */
export async function openState(options: StateOptions): Promise<State> {
  const { connections, lifecycle, health, log } = options;
  const { redisUrl, natsUrls, natsCreds } = connections;
  const onState = (state: 'ready' | 'lost', err?: Error): void => log.info({ state, err }, 'Connection to Redis');
  const store = await RedisStore.connect({
    url: redisUrl,
    name: 'controller-manager',
    readOnly: true,
    patienceMs: redisPatienceMs,
    onState,
  });
  lifecycle.onStop('store', () => store.close());
  health.add('redis', async () => void (await store.revisions([])));

  const bus = await connectBus({
    servers: natsUrls,
    identity: { kind: 'service', name: 'controller-manager' },
    log,
    creds: natsCreds,
  });
  lifecycle.onStop('bus', () => bus.close());
  health.add('nats', async () => void (await bus.rtt()));

  const reader = new JetStreamChangeReader({ connection: bus, store, trim: true });
  lifecycle.onStop('change reader', () => reader.close());
  const informers = new InformerSet({
    resources: options.resources,
    source: (resource) => new StoreSource({ resource, store, reader }),
    indexes: informerIndexes,
  });
  return { store, bus, informers };
}
