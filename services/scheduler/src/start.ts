import { BusApiClient, connectBus, formatMembersSubject } from '@kubus/shared/bus';
import { JetStreamChangeReader } from '@kubus/shared/changelog';
import { BatchingEventRecorder } from '@kubus/shared/events';
import { InformerSet, StoreSource } from '@kubus/shared/informer';
import { Health, Lifecycle, newInstanceId, type Service, type ServiceContext } from '@kubus/shared/lifecycle';
import { Membership } from '@kubus/shared/membership';
import type { Node, Pod } from '@kubus/shared/schema';
import { resolveStateConnections } from '@kubus/shared/settings';
import { RedisStore } from '@kubus/shared/store';
import { createLogger, createMetrics, serveMetrics } from '@kubus/shared/telemetry';
import { keptPod } from './cluster/kept-pod.ts';
import type { PodInfo } from './cluster/pod-info.ts';
import { SchedulerMetrics } from './metrics.ts';
import { Scheduler } from './scheduler.ts';
import type { SchedulerSettings } from './settings.ts';

const service = 'scheduler';
const identity = { kind: 'service', name: service } as const;
const pods = { group: '', resource: 'pods' };
const nodes = { group: '', resource: 'nodes' };

/** How long Redis may take to be there; it may be started after us. */
const redisPatienceMs = 60_000;

/** Starts a scheduler replica; resolves when it is ready. Throws SettingsError when Redis is not named. */
export async function start(settings: SchedulerSettings, context: Partial<ServiceContext> = {}): Promise<Service> {
  const instance = context.instance ?? newInstanceId();
  const log = context.log ?? createLogger({ service, instance, level: settings.KUBUS_LOG_LEVEL });
  const life = new Lifecycle(log);
  try {
    await startParts(settings, instance, log, life);
  } catch (error) {
    await life.stop();
    throw error;
  }
  log.info('Ready');
  return { stop: () => life.stop() };
}

async function startParts(
  settings: SchedulerSettings,
  instance: string,
  log: ServiceContext['log'],
  life: Lifecycle,
): Promise<void> {
  const { natsUrls, natsCreds, redisUrl } = await resolveStateConnections(settings);
  const connection = await connectBus({
    servers: natsUrls,
    identity,
    name: `${service} ${instance}`,
    log,
    creds: natsCreds,
  });
  life.onStop('bus', () => connection.close());
  const health = new Health({ service, instance });
  const registry = createMetrics({ service, instance });
  life.onStop('health', health.serve(connection));
  life.onStop('metrics', serveMetrics(connection, registry, { service, instance }));
  const store = await RedisStore.connect({
    url: redisUrl,
    name: `${service} ${instance}`,
    readOnly: true,
    patienceMs: redisPatienceMs,
  });
  life.onStop('store', () => store.close());
  const reader = new JetStreamChangeReader({ connection, store, trim: true });
  life.onStop('change log', () => reader.close());
  const informers = new InformerSet({
    resources: [pods, nodes],
    source: (resource) =>
      new StoreSource({
        resource,
        store,
        reader,
        ...(resource === pods ? { keep: keptPod } : {}),
        onError: (err) => log.warn({ err, resource: resource.resource }, 'Informer begins again'),
      }),
  });
  await life.start({ name: 'informers', start: () => informers.start(), stop: () => informers.stop() });
  const api = new BusApiClient({ connection, identity });
  life.onStop('api client', () => api.close());
  const events = new BatchingEventRecorder({
    api,
    source: { component: settings.KUBUS_SCHEDULER_NAME },
    log,
  });
  life.onStop('events', () => events.stop());
  const membership: Membership = new Membership({
    connection,
    subject: formatMembersSubject('scheduler', settings.KUBUS_SCHEDULER_NAME),
    instance,
    onGone: () => scheduler.repartition(),
  });
  const scheduler = new Scheduler({
    api,
    events,
    log,
    pods: informers.get<Pod>(pods),
    nodes: informers.get<Node>(nodes),
    schedulerName: settings.KUBUS_SCHEDULER_NAME,
    batchSize: settings.KUBUS_SCHEDULER_BATCH_SIZE,
    queue: { owns: (info) => membership.owns(partitionOf(info)) },
    metrics: new SchedulerMetrics(registry),
    ...(settings.KUBUS_SCHEDULER_NODES_TO_SCORE_PERCENTAGE === undefined
      ? {}
      : { percentageOfNodesToScore: settings.KUBUS_SCHEDULER_NODES_TO_SCORE_PERCENTAGE }),
  });
  // Stopped last but one: what is its own goes to the others when it has done with it.
  await life.start({ name: 'membership', start: () => membership.start(), stop: () => membership.stop() });
  await life.start({ name: 'scheduler', start: () => scheduler.start(), stop: () => scheduler.stop() });
  health.started();
  life.onStop('readiness', () => health.stopping());
}

/** The commit keeps no account of host ports, so that pods which want any all go to one replica: two could give one port away twice. */
const partitionOf = (info: PodInfo): string => (info.hostPorts.length > 0 ? 'host ports' : info.uid);
