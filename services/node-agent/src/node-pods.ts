import { join } from 'node:path';
import type { ApiClient } from '@kubus/shared/bus';
import { BatchingEventRecorder, type EventRecorder } from '@kubus/shared/events';
import { ApiSource, CachedInformer } from '@kubus/shared/informer';
import type { Lifecycle, ServiceContext } from '@kubus/shared/lifecycle';
import type { Pod, PodStatus, Service as ServiceObject } from '@kubus/shared/schema';
import { SettingsError } from '@kubus/shared/settings';
import { runtimeActions } from './actions/index.ts';
import { apiConfigSource } from './config-source.ts';
import { DeferredApi } from './deferred-api.ts';
import { openCredentialProviders } from './images/providers/index.ts';
import { openPulledImages } from './images/pulled-images.ts';
import { limiter } from './limiter.ts';
import { ProbeMetrics } from './metrics/index.ts';
import { hasAppArmor, machineFacts, seccompProfiles } from './node/machine.ts';
import { allocatableOf, type NodeFacts } from './node/node-object.ts';
import { OwnNode } from './node/own-node.ts';
import { refusal } from './pod/admission.ts';
import { openCheckpoint } from './pod/checkpoint.ts';
import { deletePod } from './pod/delete-pod.ts';
import { type PodEnvironment, podRetryMs } from './pod/environment.ts';
import { PodManager } from './pod/manager.ts';
import { misfit } from './pod/room.ts';
import { StatusReporter } from './pod/status-reporter.ts';
import { terminationLogs } from './pod/termination-log.ts';
import { podFiles } from './pod-files/index.ts';
import {
  type NodePressure,
  type NodePressureOptions,
  openNodePressure,
  refusedUnderPressure,
} from './pressure/index.ts';
import { connectEngine } from './runtime/docker/connect.ts';
import { DockerRuntime } from './runtime/docker/docker-runtime.ts';
import { type AgentSettings, agentDir, thresholdsOf } from './settings.ts';
import { startLimiter } from './start-limiter.ts';
import { openStaticPods, type StaticPods } from './static-pods/index.ts';
import { type NodeVolumes, type OpenVolumesOptions, openVolumes, StorageWatch } from './volumes/index.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };
const serviceResource = { group: '', version: 'v1', resource: 'services' };

/** What looks after pods without the bus. */
export interface Node {
  facts: NodeFacts;
  own: OwnNode;
  runtime: DockerRuntime;
  api: DeferredApi;
  events: EventRecorder;
  informer: CachedInformer<Pod>;
  services: CachedInformer<ServiceObject>;
  manager: PodManager;
  pressure: NodePressure;
  storage: StorageWatch;
  statics: StaticPods | undefined;
  probeMetrics: ProbeMetrics;
  /** The agent's own folder. */
  dir: string;
  shuttingDown: boolean;
  /** Tells the API of the node's state now. */
  announce(): Promise<void>;
  leaseSeconds: number;
  /** Between two reports of what pods use; milliseconds. */
  usageIntervalMs: number;
}

/** Looks after the pods that the checkpoint and the engine know; the bus is not needed. */
export async function startPods(settings: AgentSettings, { log }: ServiceContext, lifecycle: Lifecycle): Promise<Node> {
  const name = settings.KUBUS_NODE_NAME;
  const runtime = await openRuntime(settings, log);
  const facts = await machineFacts(settings, runtime);
  const rules = { unsafeSysctls: settings.KUBUS_ALLOWED_UNSAFE_SYSCTLS, appArmor: await hasAppArmor() };
  const api = new DeferredApi();
  const own = new OwnNode(api, facts);
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
      ...{ runtime, config, facts: podFacts, memoryCapacity: facts.capacity.memoryBytes },
      volumes,
      clusterDomain: settings.KUBUS_CLUSTER_DOMAIN,
      events,
      checkpoint: await openCheckpoint(join(agentDir(settings), 'pods')),
      log,
      now: Date.now,
      retryMs: podRetryMs,
      longestBackoffSeconds: settings.KUBUS_CRASH_LOOP_MAX_SECONDS,
      memoryUsage: async (id) => (await runtime.usage([id]))[0]?.memoryBytes,
      actions: runtimeActions(runtime),
      probeMetrics,
      seccompProfile: seccompProfiles(join(agentDir(settings), 'seccomp')),
      refuse: (pod) =>
        refusal(pod, rules) ??
        refusedUnderPressure(pod, pressure.conditions) ??
        misfit(pod, manager.occupants(pod.metadata.uid), { ...allocatableOf(facts), pods: facts.maxPods }, own.object),
      refreshNode: () => own.refresh(),
      imageUsed: (image, pulled) => pressure.imageUsed(image, pulled),
      ...(await imageCredentials(settings, api, log)),
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
    ...{ facts, own, runtime, api, events, informer, services, manager },
    pressure,
    storage,
    statics,
    probeMetrics,
    dir: agentDir(settings),
    shuttingDown: false,
    announce: async () => undefined,
    leaseSeconds: settings.KUBUS_NODE_LEASE_SECONDS,
    usageIntervalMs: settings.KUBUS_METRIC_RESOLUTION,
  };
}

/** Who may have which image; programs of the node's owner may know credentials of registries. Throws SettingsError. */
async function imageCredentials(
  settings: AgentSettings,
  api: Pick<ApiClient, 'request'>,
  log: ServiceContext['log'],
): Promise<Pick<PodEnvironment, 'providedCredentials' | 'pulledImages'>> {
  const pulledImages = await openPulledImages(join(agentDir(settings), 'pulled-images.json'));
  const { KUBUS_CREDENTIAL_PROVIDER_CONFIG: config, KUBUS_CREDENTIAL_PROVIDER_BIN_DIR: binDir } = settings;
  if (config === undefined && binDir === undefined) return { pulledImages };
  if (config === undefined || binDir === undefined)
    throw new SettingsError([
      'KUBUS_CREDENTIAL_PROVIDER_CONFIG and KUBUS_CREDENTIAL_PROVIDER_BIN_DIR go together: one of them is missing',
    ]);
  return {
    pulledImages,
    providedCredentials: await openCredentialProviders({ config, binDir, api, log, now: Date.now }),
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
