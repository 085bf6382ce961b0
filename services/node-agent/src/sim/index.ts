import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BusApiClient, connectBus, serveStreams } from '@kubus/shared/bus';
import { ApiSource, CachedInformer } from '@kubus/shared/informer';
import { Health, Lifecycle, type Service, type ServiceContext } from '@kubus/shared/lifecycle';
import type { Pod } from '@kubus/shared/schema';
import { resolveConnections } from '@kubus/shared/settings';
import { apiConfigSource } from '../config-source.ts';
import type { NodeFacts } from '../node/node-object.ts';
import { memoryCheckpoint } from '../pod/checkpoint.ts';
import { podRetryMs } from '../pod/environment.ts';
import { PodManager } from '../pod/manager.ts';
import { StatusReporter } from '../pod/status-reporter.ts';
import type { Capacity } from '../runtime/contract.ts';
import type { AgentSettings } from '../settings.ts';
import { serveStream } from '../streams/streams.ts';
import { kubeletVersion } from '../version.ts';
import { noVolumes } from '../volumes/index.ts';
import { Deletions } from './deletions.ts';
import { SimNodes } from './sim-nodes.ts';
import { SimRuntime } from './sim-runtime.ts';
import { SimUsage } from './sim-usage.ts';

const identity = { kind: 'service', name: 'sim' } as const;
const pods = { group: '', version: 'v1', resource: 'pods' };

/** Many simulated nodes in one process: one connection, one watch, one stream of statuses for all. */
export async function startSimNodes(settings: AgentSettings, context: ServiceContext): Promise<Service> {
  const { log } = context;
  const lifecycle = new Lifecycle(log);
  const runtime = new SimRuntime({ startMs: settings.KUBUS_SIM_START_DELAY, stopMs: settings.KUBUS_SIM_STOP_DELAY });
  const capacity = await runtime.capacity();
  const nodes = simFacts(settings, runtime.version, capacity);
  const { natsUrls } = await resolveConnections(settings);
  const creds = await simCreds(settings);
  const connection = await connectBus({
    servers: natsUrls,
    ...(creds === undefined ? {} : { creds }),
    identity: { kind: 'sim' },
    log,
  });
  lifecycle.onStop('bus', () => connection.drain());
  const api = new BusApiClient({ connection, identity });
  const informer = new CachedInformer<Pod>({
    resource: pods,
    // Pods that are bound to a node, whichever.
    source: new ApiSource<Pod>({
      client: api,
      resource: pods,
      query: { fieldSelector: 'spec.nodeName!=' },
      trim: true,
    }),
  });
  const reporter = new StatusReporter({ api, log, collectMs: 20 });
  lifecycle.onStop('statuses', () => reporter.stop());
  const deletions = new Deletions(api);
  const byName = new Map(nodes.map((facts) => [facts.name, facts]));
  const manager = new PodManager(
    {
      runtime,
      config: apiConfigSource(api),
      facts: (pod) => {
        const facts = byName.get(pod.spec?.nodeName ?? '');
        return { hostIPs: facts?.addresses ?? [], allocatable: facts?.capacity ?? capacity };
      },
      memoryCapacity: capacity.memoryBytes,
      // Events of thousands of simulated pods would be the load.
      events: { event: () => undefined },
      checkpoint: memoryCheckpoint(),
      volumes: noVolumes,
      clusterDomain: settings.KUBUS_CLUSTER_DOMAIN,
      log,
      now: Date.now,
      retryMs: podRetryMs,
      report: (pod, status) => reporter.report(pod, status),
      forget: (uid) => reporter.forget(uid),
      // How the containers ended is told before the pod goes.
      reportDeleted: async (pod) => {
        await reporter.settled(pod.metadata.uid ?? '');
        await deletions.delete(pod);
      },
      limit: (_, work) => work(),
    },
    informer,
    // Other nodes' pods are seen too: the API has no selector for a set of names.
    (pod) => byName.has(pod.spec?.nodeName ?? ''),
  );
  await lifecycle.start({ name: 'pods', start: () => manager.start(), stop: () => manager.stop() });
  const streams = serveStreams(
    connection,
    (request, stream) => serveStream(request, stream, { runtime, pod: (uid) => manager.pod(uid) }),
    { log },
  );
  lifecycle.onStop('streams', () => streams.stop());
  const registry = new SimNodes({ api, nodes, leaseIntervalMs: settings.KUBUS_SIM_LEASE_INTERVAL, log });
  lifecycle.onStop('nodes', () => registry.stop());
  await registry.start();
  const usage = new SimUsage({
    nodes: nodes.map(({ name }) => name),
    containers: () => runtime.containers(),
    usage: (id) => runtime.usage(id),
    nodeOf: (uid) => manager.pod(uid)?.spec?.nodeName,
    publish: (subject, data) => connection.publish(subject, data),
    intervalMs: settings.KUBUS_METRIC_RESOLUTION,
  });
  usage.start();
  lifecycle.onStop('usage', () => usage.stop());
  await lifecycle.start({ name: 'pod informer', start: () => informer.start(), stop: () => informer.stop() });
  const synced = informer.waitFor(0, 600_000).then(() => manager.synced());
  synced.catch(context.fatal);
  const health = new Health({ service: context.service, instance: context.instance });
  health.add('pods', () => {
    if (!manager.ready) throw new Error('the pods of these nodes are not known yet');
  });
  lifecycle.onStop('health', health.serve(connection));
  health.started();
  return { stop: () => lifecycle.stop() };
}

function simFacts(settings: AgentSettings, runtimeVersion: string, capacity: Capacity): NodeFacts[] {
  return Array.from({ length: settings.KUBUS_SIM_NODES }, (_, i) => ({
    name: `${settings.KUBUS_NODE_NAME}-${i + 1}`,
    addresses: [`192.168.${((i + 1) >> 8) & 255}.${(i + 1) & 255}`],
    capacity,
    maxPods: settings.KUBUS_MAX_PODS,
    runtimeVersion,
    kubeletVersion,
    machineId: `sim-${i + 1}`,
    bootId: `sim-${i + 1}`,
  }));
}

function simCreds(settings: AgentSettings): Promise<string> | undefined {
  if (settings.KUBUS_NATS_CREDS !== undefined) return readFile(settings.KUBUS_NATS_CREDS, 'utf8');
  return settings.KUBUS_STATE_DIR === undefined
    ? undefined
    : readFile(join(settings.KUBUS_STATE_DIR, '..', 'sim', 'nats.creds'), 'utf8');
}
