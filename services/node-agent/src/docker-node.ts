import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { joinNode } from '@kubus/shared/bootstrap';
import { type ApiClient, BusApiClient, connectBus, serveStreams } from '@kubus/shared/bus';
import { BatchingEventRecorder, type EventRecorder } from '@kubus/shared/events';
import { ApiSource, CachedInformer } from '@kubus/shared/informer';
import { Health, Lifecycle, type Service, type ServiceContext } from '@kubus/shared/lifecycle';
import type { Pod, PodStatus, Service as ServiceObject } from '@kubus/shared/schema';
import { resolveConnections } from '@kubus/shared/settings';
import type { NatsConnection } from 'nats';
import { runtimeActions } from './actions/index.ts';
import { apiConfigSource } from './config-source.ts';
import { DeferredApi } from './deferred-api.ts';
import { limiter } from './limiter.ts';
import { ProbeMetrics } from './metrics/index.ts';
import { hasAppArmor, machineFacts, seccompProfiles } from './node/machine.ts';
import { NodeKeeper } from './node/node-keeper.ts';
import { allocatableOf, type NodeFacts } from './node/node-object.ts';
import { refusal } from './pod/admission.ts';
import { openCheckpoint } from './pod/checkpoint.ts';
import { deletePod } from './pod/delete-pod.ts';
import { podRetryMs } from './pod/environment.ts';
import { PodManager } from './pod/manager.ts';
import { misfit } from './pod/room.ts';
import { StatusReporter } from './pod/status-reporter.ts';
import { terminationLogs } from './pod/termination-log.ts';
import { podFiles } from './pod-files/index.ts';
import {
  type NodePressure,
  type NodePressureOptions,
  openNodePressure,
  readSignals,
  refusedUnderPressure,
} from './pressure/index.ts';
import { connectEngine } from './runtime/docker/connect.ts';
import { DockerRuntime } from './runtime/docker/docker-runtime.ts';
import { type AgentSettings, agentDir, thresholdsOf } from './settings.ts';
import { shutDown } from './shutdown/shut-down.ts';
import { startLimiter } from './start-limiter.ts';
import { openStaticPods, type StaticPods } from './static-pods/index.ts';
import { Kubelet } from './streams/kubelet.ts';
import { serveStream } from './streams/streams.ts';
import { machineUsage, UsageReporter } from './usage/index.ts';
import { type NodeVolumes, type OpenVolumesOptions, openVolumes, StorageWatch } from './volumes/index.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };
const serviceResource = { group: '', version: 'v1', resource: 'services' };

/** So old the list of the engine's images may be. */
const imagesMs = 60_000;

/** What looks after pods without the bus. */
interface Node {
  facts: NodeFacts;
  runtime: DockerRuntime;
  api: DeferredApi;
  informer: CachedInformer<Pod>;
  services: CachedInformer<ServiceObject>;
  manager: PodManager;
  pressure: NodePressure;
  statics: StaticPods | undefined;
  probeMetrics: ProbeMetrics;
  /** The agent's own folder. */
  dir: string;
  shuttingDown: boolean;
  /** Tells the API of the node's state now. */
  announce(): Promise<void>;
  leaseSeconds: number;
}

/**
 * The agent of one node on a Docker Engine. Gives back the service as soon as the pods that the checkpoint knows are looked after; the bus is
 * joined whenever it is there. The instance is ready when its health says so.
 */
export async function startDockerNode(settings: AgentSettings, context: ServiceContext): Promise<Service> {
  const lifecycle = new Lifecycle(context.log);
  let connection: NatsConnection | undefined;
  let stopping = false;
  lifecycle.onStop('bus', () => connection?.drain());
  const node = await startPods(settings, context, lifecycle);
  const join = async () => {
    connection = await connect(settings, context);
    if (stopping) await connection.close();
    else await startOnBus(node, connection, context, lifecycle);
  };
  join().catch((error: unknown) => {
    if (!stopping) context.fatal(error);
  });
  return {
    stop: async () => {
      stopping = true;
      await endPods(settings, node, context.log);
      await lifecycle.stop();
    },
  };
}

/** Only when it is configured: a stop of the agent leaves pods running. */
async function endPods(settings: AgentSettings, node: Node, log: ServiceContext['log']): Promise<void> {
  const periods = settings.KUBUS_SHUTDOWN_GRACE_BY_PRIORITY;
  if (periods.length === 0) return;
  const { manager, runtime } = node;
  node.shuttingDown = true;
  await node.announce().catch((err: unknown) => log.warn({ err }, 'The shutdown of the node could not be announced'));
  await shutDown({
    ...{ periods, runtime, log },
    pods: () => manager.pods(),
    doom: (uid, doom) => manager.doom(uid, doom),
  });
}

async function startPods(settings: AgentSettings, { log }: ServiceContext, lifecycle: Lifecycle): Promise<Node> {
  const name = settings.KUBUS_NODE_NAME;
  const runtime = await openRuntime(settings, log);
  const facts = await machineFacts(settings, runtime);
  const rules = { unsafeSysctls: settings.KUBUS_ALLOWED_UNSAFE_SYSCTLS, appArmor: await hasAppArmor() };
  const api = new DeferredApi();
  const events = new BatchingEventRecorder({ api, source: { component: 'kubelet', host: name }, log });
  const source = podSource(api, name);
  const informer = new CachedInformer<Pod>({ resource: pods, source });
  const reporter = new StatusReporter({ api, log });
  const services = new CachedInformer<ServiceObject>({
    resource: serviceResource,
    source: new ApiSource<ServiceObject>({ client: api, resource: serviceResource }),
  });
  const config = apiConfigSource(api, { services });
  const podFacts = () => ({ hostIPs: facts.addresses, allocatable: allocatableOf(facts) });
  const volumes = await volumesOf(settings, { api, config, log, facts: podFacts, runtime });
  lifecycle.onStop('volumes', () => volumes.stop());
  const probeMetrics = new ProbeMetrics();
  const dir = settings.KUBUS_STATIC_POD_DIR;
  const report = (pod: Pod, status: PodStatus) => reporter.report(pod, status);
  const statics =
    dir === undefined ? undefined : await openStaticPods({ dir, node: name, pods: informer, api, report, log });
  await statics?.start();
  lifecycle.onStop('static pods', () => statics?.stop());
  const pressure = await pressureOf(settings, {
    ...{ runtime, log, manager: () => manager },
    volumeBytes: (pod) => storage.volumeBytes(pod),
    announce: (resource) => evictionEvent(events, name, resource),
  });
  const manager: PodManager = new PodManager(
    {
      runtime,
      config,
      facts: podFacts,
      volumes,
      clusterDomain: settings.KUBUS_CLUSTER_DOMAIN,
      events,
      checkpoint: await openCheckpoint(join(agentDir(settings), 'pods')),
      log,
      now: Date.now,
      retryMs: podRetryMs,
      longestBackoffSeconds: settings.KUBUS_CRASH_LOOP_MAX_SECONDS,
      actions: runtimeActions(runtime),
      probeMetrics,
      seccompProfile: seccompProfiles(join(agentDir(settings), 'seccomp')),
      refuse: (pod) =>
        refusal(pod, rules) ??
        refusedUnderPressure(pod, pressure.conditions) ??
        misfit(pod, manager.occupants(pod.metadata.uid), { ...allocatableOf(facts), pods: facts.maxPods }),
      imageUsed: (image, pulled) => pressure.imageUsed(image, pulled),
      terminationLogs: terminationLogs(join(agentDir(settings), 'termination')),
      report: (pod, status) => {
        if (statics?.report(pod, status) !== true) report(pod, status);
      },
      forget: (uid) => reporter.forget(uid),
      // How the containers ended is told before the pod goes.
      reportDeleted: async (pod) => {
        await reporter.settled(pod.metadata.uid ?? '');
        await deletePod(api, pod);
      },
      limit: startLimiter(settings.KUBUS_PARALLEL_STARTS),
      limitPulls: limiter(settings.KUBUS_PARALLEL_PULLS),
    },
    statics ?? informer,
  );
  // Stopped after the pods, and before the bus: what has yet to be said is said.
  lifecycle.onStop('events', () => events.stop());
  lifecycle.onStop('statuses', () => reporter.stop());
  await lifecycle.start({ name: 'pods', start: () => manager.start(), stop: () => manager.stop() });
  const storage: StorageWatch = storageWatch({ manager, volumes, runtime, log });
  await lifecycle.start({ name: 'storage', start: async () => storage.start(), stop: () => storage.stop() });
  await lifecycle.start({ name: 'pressure', start: async () => pressure.start(), stop: () => pressure.stop() });
  return {
    facts,
    runtime,
    api,
    informer,
    services,
    manager,
    pressure,
    statics,
    probeMetrics,
    dir: agentDir(settings),
    shuttingDown: false,
    announce: async () => undefined,
    leaseSeconds: settings.KUBUS_NODE_LEASE_SECONDS,
  };
}

/** The pods of a node; who wrote which field of them is no matter here. */
const podSource = (client: Pick<ApiClient, 'request' | 'watch'>, node: string): ApiSource<Pod> =>
  new ApiSource<Pod>({ client, resource: pods, query: { fieldSelector: `spec.nodeName=${node}` }, trim: true });

function pressureOf(
  settings: AgentSettings,
  parts: Pick<NodePressureOptions, 'runtime' | 'log' | 'manager' | 'volumeBytes' | 'announce'>,
): Promise<NodePressure> {
  return openNodePressure({
    ...parts,
    dir: agentDir(settings),
    thresholds: thresholdsOf(settings),
    maxPodGraceSeconds: settings.KUBUS_EVICTION_MAX_POD_GRACE_SECONDS,
    imageGc: {
      ...{ high: settings.KUBUS_IMAGE_GC_HIGH_PERCENT, low: settings.KUBUS_IMAGE_GC_LOW_PERCENT },
      maxAgeMs: settings.KUBUS_IMAGE_MAX_AGE,
    },
  });
}

/** kubelet names its node by name in place of a uid. */
function evictionEvent(events: EventRecorder, name: string, resource: string): void {
  const node = { apiVersion: 'v1', kind: 'Node', name, uid: name };
  events.event(node, 'Warning', 'EvictionThresholdMet', `Attempting to reclaim ${resource}`);
}

async function openRuntime(settings: AgentSettings, log: ServiceContext['log']): Promise<DockerRuntime> {
  const docker = await connectEngine({ socketPath: settings.KUBUS_DOCKER_SOCKET, host: settings.DOCKER_HOST });
  return DockerRuntime.open({
    docker,
    scope: { cluster: settings.KUBUS_CLUSTER, node: settings.KUBUS_NODE_NAME },
    log,
    logs: { maxSize: settings.KUBUS_LOG_MAX_SIZE, maxFiles: settings.KUBUS_LOG_MAX_FILES },
  });
}

function volumesOf(
  settings: AgentSettings,
  { runtime, ...parts }: Pick<OpenVolumesOptions, 'api' | 'config' | 'log' | 'facts'> & { runtime: DockerRuntime },
): Promise<NodeVolumes> {
  return openVolumes({
    ...{ ...parts, dir: agentDir(settings), now: Date.now },
    memoryDir: join(settings.KUBUS_MEMORY_DIR, settings.KUBUS_CLUSTER, settings.KUBUS_NODE_NAME),
    files: podFiles({ clusterDns: settings.KUBUS_CLUSTER_DNS, clusterDomain: settings.KUBUS_CLUSTER_DOMAIN }),
    engineSees: (path) => runtime.sees(path),
    seesHost: settings.KUBUS_SEES_HOST,
  });
}

function storageWatch(parts: Pick<Node, 'manager' | 'runtime'> & { volumes: NodeVolumes; log: ServiceContext['log'] }) {
  const { manager, volumes, runtime, log } = parts;
  return new StorageWatch({
    ...{ log, pods: () => manager.pods(), path: (pod, volume) => volumes.diskPath(pod, volume) },
    containers: () => runtime.containers(),
    writtenBytes: () => runtime.writtenBytes(),
    evict: (pod, doom) => manager.doom(pod.metadata.uid ?? '', doom),
  });
}

async function connect(settings: AgentSettings, { log }: ServiceContext): Promise<NatsConnection> {
  const { natsUrls } = await resolveConnections(settings);
  return connectBus({
    servers: natsUrls,
    creds: await credentials(settings, natsUrls, log),
    identity: { kind: 'node', name: settings.KUBUS_NODE_NAME },
    log,
  });
}

/** Answers what the API asks of the node, and tells what it uses. */
function serveRequests(
  agent: Node,
  connection: NatsConnection,
  log: ServiceContext['log'],
  lifecycle: Lifecycle,
): void {
  const { facts, runtime, manager, statics, probeMetrics } = agent;
  const node = facts.name;
  const usage = new UsageReporter({
    node,
    source: { containers: (ids) => runtime.usage(ids), node: async () => machineUsage() },
    records: () => runtime.containers(),
    publish: (subject, data) => connection.publish(subject, data),
    log,
  });
  const kubelet = new Kubelet({
    node,
    pods: () => manager.pods(),
    records: () => runtime.containers(),
    usage: (ids) => runtime.usage(ids),
    machine: async () => machineUsage(),
    capacity: facts.capacity,
    signals: () => readSignals(agent.dir),
    rates: () => usage.report,
    probes: probeMetrics,
  });
  const streams = serveStreams(
    connection,
    (request, stream) =>
      serveStream(request, stream, { runtime, kubelet, pod: (uid) => manager.pod(statics?.behind(uid) ?? uid) }),
    { node, log },
  );
  lifecycle.onStop('streams', () => streams.stop());
  usage.start();
  lifecycle.onStop('usage', () => usage.stop());
}

async function startOnBus(
  agent: Node,
  connection: NatsConnection,
  context: ServiceContext,
  lifecycle: Lifecycle,
): Promise<void> {
  const { facts, runtime, api, informer, services, manager, pressure, statics, leaseSeconds } = agent;
  const { log } = context;
  const node = facts.name;
  api.provide(new BusApiClient({ connection, identity: { kind: 'node', name: node } }));
  serveRequests(agent, connection, log, lifecycle);
  const health = new Health({ service: context.service, instance: context.instance, nodes: () => [node] });
  health.add('pods', () => {
    if (!manager.ready) throw new Error('the pods of this node are not known yet');
  });
  lifecycle.onStop('health', health.serve(connection));
  const problem = () =>
    runtime.ping().then(
      () => ({}),
      (error: Error) => ({ problem: error.message }),
    );
  const images = every(imagesMs, () => runtime.images());
  const keeper = new NodeKeeper({
    api,
    name: node,
    facts: async () => ({
      ...facts,
      ...{ pressure: pressure.conditions, shuttingDown: agent.shuttingDown },
      ...(await problem()),
      ...(await images().then(
        (list) => ({ images: list }),
        () => ({}),
      )),
    }),
    leaseSeconds,
    log,
  });
  agent.announce = () => keeper.report();
  await lifecycle.start({ name: 'node', start: () => keeper.start(), stop: () => keeper.stop() });
  // Before the pods, whose containers are told of them.
  await lifecycle.start({ name: 'service informer', start: () => services.start(), stop: () => services.stop() });
  await lifecycle.start({ name: 'pod informer', start: () => informer.start(), stop: () => informer.stop() });
  await manager.synced();
  health.started();
  await statics?.synced();
}

/** Asks anew when the last answer is older than that. */
function every<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { at: number; answer: Promise<T> } | undefined;
  return () => {
    const now = performance.now();
    if (last === undefined || now - last.at > ms) {
      const answer = ask();
      last = { at: now, answer };
      answer.catch(() => {
        last = undefined;
      });
    }
    return last.answer;
  };
}

/** The node's own credentials: given, or got by joining. */
async function credentials(settings: AgentSettings, servers: string[], log: ServiceContext['log']): Promise<string> {
  if (settings.KUBUS_NATS_CREDS !== undefined) return readFile(settings.KUBUS_NATS_CREDS, 'utf8');
  const state = settings.KUBUS_STATE_DIR ?? agentDir(settings);
  return joinNode({
    node: settings.KUBUS_NODE_NAME,
    dir: agentDir(settings),
    servers,
    joinCreds: await readFile(join(state, 'join.creds'), 'utf8'),
    token: await readFile(join(state, 'join.token'), 'utf8'),
    log,
  });
}
