import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { joinNode } from '@kubus/shared/bootstrap';
import { BusApiClient, connectBus, serveStreams } from '@kubus/shared/bus';
import { Health, type Lifecycle, type ServiceContext } from '@kubus/shared/lifecycle';
import { resolveConnections } from '@kubus/shared/settings';
import type { NatsConnection } from 'nats';
import { NodeKeeper } from './node/node-keeper.ts';
import type { Node } from './node-pods.ts';
import { readSignals } from './pressure/index.ts';
import { type AgentSettings, agentDir } from './settings.ts';
import { Kubelet } from './streams/kubelet.ts';
import { serveStream } from './streams/streams.ts';
import { CgroupDetails, diskUsage, machineStalls, machineUsage, UsageReporter } from './usage/index.ts';

/** So old the list of the engine's images may be. */
const imagesMs = 60_000;

/** So old what pods take up on the disk may be. */
const disksMs = 60_000;

/** Joins the bus as the node. */
export async function connect(settings: AgentSettings, { log }: ServiceContext): Promise<NatsConnection> {
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
  const { facts, runtime, manager, statics, probeMetrics, storage } = agent;
  const node = facts.name;
  const usage = new UsageReporter({
    node,
    source: { containers: (ids) => runtime.usage(ids), node: async () => machineUsage() },
    records: () => runtime.containers(),
    publish: (subject, data) => connection.publish(subject, data),
    log,
    intervalMs: agent.usageIntervalMs,
  });
  const cgroups = new CgroupDetails();
  const kubelet = new Kubelet({
    node,
    pods: () => manager.pods(),
    records: () => runtime.containers(),
    usage: (ids) => runtime.usage(ids),
    networks: (ids) => runtime.networkUsage(ids),
    disks: every(disksMs, () =>
      diskUsage({
        writtenBytes: () => runtime.writtenBytes(),
        logBytes: (id) => runtime.logBytes(id),
        pods: () => manager.pods(),
        volumes: (pod) => storage.volumes(pod),
      }),
    ),
    details: (ids) => cgroups.of(ids),
    stalls: () => machineStalls(),
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

/** What the node says and is asked over the bus; resolves when the pods that the API knows are looked after. */
export async function startOnBus(
  agent: Node,
  connection: NatsConnection,
  context: ServiceContext,
  lifecycle: Lifecycle,
): Promise<void> {
  const { facts, own, runtime, api, events, informer, services, manager, pressure, statics, leaseSeconds } = agent;
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
    events,
    leaseSeconds,
    log,
  });
  agent.announce = () => keeper.report();
  await lifecycle.start({ name: 'node', start: () => keeper.start(), stop: () => keeper.stop() });
  // Both before the pods, which are taken or refused by the node, and whose containers are told of the services.
  await lifecycle.start({ name: 'node informer', start: () => own.start(), stop: () => own.stop() });
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
