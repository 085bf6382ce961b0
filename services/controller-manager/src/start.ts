import { type ApiRequest, BusApiClient, formatMembersSubject } from '@kubus/shared/bus';
import { BatchingEventRecorder } from '@kubus/shared/events';
import { Health, Lifecycle, type Service, type ServiceContext } from '@kubus/shared/lifecycle';
import { Membership } from '@kubus/shared/membership';
import { audienceOf, ControllerRuntime, Fence } from '@kubus/shared/reconcile';
import { builtinKinds, Registry } from '@kubus/shared/registry';
import { resolveStateConnections } from '@kubus/shared/settings';
import { createMetrics, serveMetrics } from '@kubus/shared/telemetry';
import type { ControllerContext } from './common/context.ts';
import { RegistryKinds } from './common/served-kinds.ts';
import { createControllers, followedKinds } from './controllers.ts';
import { CustomKinds } from './custom-kinds/index.ts';
import { DesiredBuckets, DesiredSetFeed } from './desired-set/index.ts';
import { createGarbageCollector } from './garbage-collector/index.ts';
import { nodeLifecycleSettings } from './node-lifecycle/index.ts';
import { createResourceQuotaController } from './resource-quota/index.ts';
import { type ControllerManagerSettings, readCaCertificate, readCaKey } from './settings.ts';
import { openState, type State } from './state.ts';

const identity = { kind: 'service', name: 'controller-manager' } as const;
/** A replica that cannot queue changes for so long leaves them to the others; milliseconds. */
const lagOfTheUnfitMs = 5_000;

/** Starts a replica; ready when informers have listed, queues answer and changes are followed. Stops in reverse, waiting for reconciles in flight. */
export async function start(settings: ControllerManagerSettings, context: ServiceContext): Promise<Service> {
  const lifecycle = new Lifecycle(context.log);
  try {
    await startParts(settings, context, lifecycle);
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
  return { stop: () => lifecycle.stop() };
}

async function startParts(
  settings: ControllerManagerSettings,
  service: ServiceContext,
  lifecycle: Lifecycle,
): Promise<void> {
  const { log } = service;
  const connections = await resolveStateConnections(settings);
  const caCertificate = await readCaCertificate(settings.KUBUS_STATE_DIR);
  const caKey = await readCaKey(settings.KUBUS_STATE_DIR);
  const kinds = new RegistryKinds(new Registry(builtinKinds));
  const health = new Health(service);
  const resources = followedKinds(kinds).map(({ storage }) => storage);
  const state = await openState({ connections, resources, lifecycle, health, log });
  lifecycle.onStop('health', health.serve(state.bus));
  const registry = createMetrics(service);
  lifecycle.onStop('metrics', serveMetrics(state.bus, registry, service));

  const buckets = new DesiredBuckets({ connection: state.bus, replicas: settings.KUBUS_NATS_REPLICAS });
  const fence = new Fence();
  lifecycle.onStop('fence', () => fence.stop());
  const controllersContext = controllerContext(state, service, lifecycle, fence);
  const followers = [
    createGarbageCollector(controllersContext, { resources: followedKinds(kinds) }),
    createResourceQuotaController(controllersContext, { kinds: followedKinds(kinds) }),
  ];
  const controllers = createControllers(controllersContext, {
    kinds,
    followers,
    caCertificate,
    caKey,
    nodeLifecycle: nodeLifecycleSettings(settings),
    autoscalerSyncPeriodMs: settings.KUBUS_HORIZONTAL_POD_AUTOSCALER_SYNC_PERIOD,
    terminatedPodThreshold: settings.KUBUS_TERMINATED_POD_GC_THRESHOLD,
    statefulSetMaxUnavailable: settings.KUBUS_STATEFULSET_MAX_UNAVAILABLE,
    desiredSets: { buckets, apiFor: desiredClients(state, fence) },
  });
  const membership: Membership = new Membership({
    connection: state.bus,
    subject: formatMembersSubject(identity.name, audienceOf(controllers)),
    instance: service.instance,
    onGone: () => runtime.takeOver(),
    isFit: () => runtime.lagMs < lagOfTheUnfitMs,
  });
  const runtime = new ControllerRuntime({
    queueUrl: connections.queueRedisUrl,
    controllers,
    store: state.store,
    informers: (resource) => state.informers.find(resource),
    changes: new DesiredSetFeed({ connection: state.bus, log, ensure: () => buckets.ensure() }),
    owns: (key) => membership.owns(key),
    log,
    registry,
    fence,
  });
  health.add('controllers', () => {
    if (!runtime.ready) throw new Error('the queues do not answer, or changes are not followed yet');
  });
  await lifecycle.start({
    name: 'informers',
    start: () => state.informers.start(),
    stop: () => state.informers.stop(),
  });
  await lifecycle.start({ name: 'controllers', start: () => runtime.start(), stop: () => runtime.stop() });
  // Stopped before: what happens from then on is for the others.
  await lifecycle.start({ name: 'membership', start: () => membership.start(), stop: () => membership.stop() });
  const { informers } = state;
  const customKinds = new CustomKinds({ informers, kinds, followers, runtime, log });
  await lifecycle.start({
    name: 'custom kinds',
    start: async () => customKinds.start(),
    stop: () => customKinds.stop(),
  });
  health.started();
}

function controllerContext(
  { bus, informers }: State,
  { log }: ServiceContext,
  lifecycle: Lifecycle,
  fence: Fence,
): ControllerContext {
  const onWarning = (text: string, { resource, verb }: ApiRequest) =>
    log.debug({ text, resource, verb }, 'The API warns');
  const api = new BusApiClient({ connection: bus, identity, onWarning, beforeWrite: () => fence.check() });
  lifecycle.onStop('api client', () => api.close());
  // Events of many runs are sent together, by none of them.
  const eventsApi = new BusApiClient({ connection: bus, identity });
  lifecycle.onStop('api client of events', () => eventsApi.close());
  return {
    informers,
    api,
    clock: { now: Date.now, monotonic: () => performance.now() },
    events: (component) => {
      const recorder = new BatchingEventRecorder({ api: eventsApi, source: { component }, log });
      lifecycle.onStop(`events of ${component}`, () => recorder.stop());
      return recorder;
    },
  };
}

/** One client for each namespace that has desired sets; they share the connection. */
function desiredClients({ bus }: State, fence: Fence): (namespace: string) => BusApiClient {
  const clients = new Map<string, BusApiClient>();
  return (namespace) => {
    const client =
      clients.get(namespace) ??
      new BusApiClient({
        connection: bus,
        identity: { kind: 'desired', name: namespace },
        beforeWrite: () => fence.check(),
      });
    clients.set(namespace, client);
    return client;
  };
}
