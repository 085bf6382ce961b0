import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { joinNode } from '@kubus/shared/bootstrap';
import { BusApiClient, connectBus, serveStreams } from '@kubus/shared/bus';
import { BatchingEventRecorder } from '@kubus/shared/events';
import { ApiSource, CachedInformer } from '@kubus/shared/informer';
import { Health, Lifecycle, type Service, type ServiceContext } from '@kubus/shared/lifecycle';
import type { Pod } from '@kubus/shared/schema';
import { resolveConnections } from '@kubus/shared/settings';
import Docker from 'dockerode';
import { apiConfigSource } from './config-source.ts';
import { limiter } from './limiter.ts';
import { NodeKeeper } from './node/node-keeper.ts';
import { allocatableOf, type NodeFacts } from './node/node-object.ts';
import { openCheckpoint } from './pod/checkpoint.ts';
import { deletePod } from './pod/delete-pod.ts';
import { PodManager } from './pod/manager.ts';
import { StatusReporter } from './pod/status-reporter.ts';
import { DockerRuntime } from './runtime/docker/docker-runtime.ts';
import type { AgentSettings } from './settings.ts';
import { serveStream } from './streams/streams.ts';
import { kubeletVersion } from './version.ts';

/** The agent of one node on a Docker Engine. */
export async function startDockerNode(settings: AgentSettings, context: ServiceContext): Promise<Service> {
  const { log } = context;
  const node = settings.KUBUS_NODE_NAME;
  const lifecycle = new Lifecycle(log);
  const docker = connectDocker(settings);
  const runtime = await DockerRuntime.open({ docker, scope: { cluster: settings.KUBUS_CLUSTER, node }, log });
  const { natsUrls } = await resolveConnections(settings);
  const connection = await connectBus({
    servers: natsUrls,
    creds: await credentials(settings, natsUrls, log),
    identity: { kind: 'node', name: node },
    log,
  });
  lifecycle.onStop('bus', () => connection.drain());
  const api = new BusApiClient({ connection, identity: { kind: 'node', name: node } });
  const events = new BatchingEventRecorder({ api, source: { component: 'kubelet', host: node }, log });
  lifecycle.onStop('events', () => events.stop());
  const pods = new CachedInformer<Pod>({
    resource: { group: '', resource: 'pods' },
    source: new ApiSource<Pod>({
      client: api,
      resource: { group: '', version: 'v1', resource: 'pods' },
      query: { fieldSelector: `spec.nodeName=${node}` },
    }),
  });
  const facts = await nodeFacts(settings, runtime);
  const reporter = new StatusReporter({ api, log });
  lifecycle.onStop('statuses', () => reporter.stop());
  const manager = new PodManager(
    {
      runtime,
      config: apiConfigSource(api),
      facts: () => ({ hostIPs: facts.addresses, allocatable: allocatableOf(facts) }),
      events,
      checkpoint: await openCheckpoint(join(settings.KUBUS_AGENT_DIR, 'pods')),
      log,
      now: Date.now,
      report: (pod, status) => reporter.report(pod, status),
      reportDeleted: (pod) => deletePod(api, pod),
      limit: limiter(settings.KUBUS_PARALLEL_STARTS),
    },
    pods,
  );
  await lifecycle.start({ name: 'pods', start: () => manager.start(), stop: () => manager.stop() });
  const streams = serveStreams(
    connection,
    (request, stream) => serveStream(request, stream, { runtime, pod: (uid) => manager.pod(uid) }),
    { node, log },
  );
  lifecycle.onStop('streams', () => streams.stop());
  const keeper = new NodeKeeper({ api, facts: async () => ({ ...facts, ...(await problemOf(runtime)) }), log });
  await lifecycle.start({ name: 'node', start: () => keeper.start(), stop: () => keeper.stop() });
  await lifecycle.start({ name: 'pod informer', start: () => pods.start(), stop: () => pods.stop() });
  const synced = pods.waitFor(0, 600_000).then(() => manager.synced());
  synced.catch(context.fatal);
  const health = new Health({ service: context.service, instance: context.instance, nodes: () => [node] });
  health.add('pods', () => {
    if (!manager.ready) throw new Error('the pods of this node are not known yet');
  });
  lifecycle.onStop('health', health.serve(connection));
  health.started();
  return { stop: () => lifecycle.stop() };
}

/** An engine that cannot be reached is one clear error; the supervisor tries again. */
function connectDocker(settings: AgentSettings): Docker {
  const host = settings.DOCKER_HOST;
  if (host === undefined || host.startsWith('unix://')) return new Docker({ socketPath: settings.KUBUS_DOCKER_SOCKET });
  const url = new URL(host.replace(/^tcp:/, 'http:'));
  return new Docker({ host: url.hostname, port: Number(url.port), protocol: 'http' });
}

async function credentials(settings: AgentSettings, servers: string[], log: ServiceContext['log']): Promise<string> {
  if (settings.KUBUS_NATS_CREDS !== undefined) return readFile(settings.KUBUS_NATS_CREDS, 'utf8');
  const state = settings.KUBUS_STATE_DIR ?? settings.KUBUS_AGENT_DIR;
  return joinNode({
    node: settings.KUBUS_NODE_NAME,
    dir: settings.KUBUS_AGENT_DIR,
    servers,
    joinCreds: await readFile(join(state, 'join.creds'), 'utf8'),
    token: await readFile(join(state, 'join.token'), 'utf8'),
    log,
  });
}

async function nodeFacts(settings: AgentSettings, runtime: DockerRuntime): Promise<NodeFacts> {
  const first = async (path: string) => (await readFile(path, 'utf8').catch(() => randomUUID())).trim();
  const cpuMillis = settings.KUBUS_ALLOCATABLE_CPU_MILLIS;
  const memoryBytes = settings.KUBUS_ALLOCATABLE_MEMORY_BYTES;
  return {
    name: settings.KUBUS_NODE_NAME,
    addresses: ownAddresses(),
    capacity: await runtime.capacity(),
    allocatable: {
      ...(cpuMillis === undefined ? {} : { cpuMillis }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    },
    maxPods: settings.KUBUS_MAX_PODS,
    runtimeVersion: runtime.version,
    kubeletVersion,
    machineId: await first('/etc/machine-id'),
    bootId: await first('/proc/sys/kernel/random/boot_id'),
  };
}

/** One address, as kubelet reports by default: the first that is not of the loopback, else the loopback's. */
function ownAddresses(): string[] {
  const all = Object.entries(networkInterfaces())
    .filter(([name]) => !/^(docker|br-|veth)/.test(name))
    .flatMap(([, addresses]) => addresses ?? []);
  const found = all.find((address) => !address.internal && address.family === 'IPv4');
  return [found?.address ?? '127.0.0.1'];
}

async function problemOf(runtime: DockerRuntime): Promise<{ problem?: string }> {
  try {
    await runtime.ping();
    return {};
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
