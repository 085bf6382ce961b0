import { StoreNodeClaims, serveJoin } from '@kubus/shared/bootstrap';
import { openStream, serveApi } from '@kubus/shared/bus';
import { Health, Lifecycle, type Service, type ServiceContext } from '@kubus/shared/lifecycle';
import { builtinKinds, Registry } from '@kubus/shared/registry';
import { decodeProtobuf, type FlowSchema, type PriorityLevelConfiguration } from '@kubus/shared/schema';
import { resolveStateConnections } from '@kubus/shared/settings';
import { createMetrics, type MetricsRegistry, serveMetrics } from '@kubus/shared/telemetry';
import { readAdmissionConfiguration } from './admission/index.ts';
import { Aggregation, ForeignRequests, publishAuthentication } from './aggregation/index.ts';
import type { ApiEndpoint } from './allocation/index.ts';
import { AuditLog, AuditStream, AuditWebhook, JsonLines, readPolicy } from './audit/index.ts';
import { auditFile, auditWebhook } from './audit-settings.ts';
import { type AnonymousAccess, readSigningKeys, ServiceAccountTokens, serviceAccountIssuer } from './authn/index.ts';
import { desiredSetBindings, PipelineHandler } from './busfront/index.ts';
import { flagsOf } from './flags.ts';
import { FlowControl, flowControlMetrics } from './flowcontrol/index.ts';
import { foreignAccess } from './foreign-access.ts';
import { HttpFront, KUBERNETES_VERSION } from './http/index.ts';
import { openIdHandlers } from './http/openid.ts';
import { ApiIdentity } from './identity/index.ts';
import { KeyFiles, readSealing } from './keys/index.ts';
import { OpenApi } from './openapi/index.ts';
import type { ServiceReader } from './outbound/index.ts';
import { bootstrapObjects, type Pipeline, startPipeline } from './pipeline/index.ts';
import { Connections } from './remotecommand/index.ts';
import { type ApiSecrets, type ApiSettings, advertisedUrl, podEndpoint, readSecrets } from './settings.ts';
import { openState, type State } from './state.ts';
import { EventExpiry, LiveView } from './storage/index.ts';
import { UsageStore } from './usage/index.ts';

interface Assembly {
  settings: ApiSettings;
  context: ServiceContext;
  secrets: ApiSecrets;
  registry: Registry;
  lifecycle: Lifecycle;
  health: Health;
  metrics: MetricsRegistry;
  tokens: ServiceAccountTokens;
}

/**
 * Starts one replica of the api: state first, then the pipeline, then both of its fronts. Resolves when requests are answered; what could not be started
 * is stopped again.
 */
export async function start(settings: ApiSettings, context: ServiceContext): Promise<Service> {
  const lifecycle = new Lifecycle(context.log);
  const health = new Health(context);
  const secrets = await readSecrets(settings.KUBUS_STATE_DIR);
  const assembly: Assembly = {
    settings,
    context,
    secrets,
    registry: new Registry(builtinKinds),
    lifecycle,
    health,
    metrics: createMetrics(context),
    tokens: new ServiceAccountTokens(await readSigningKeys(secrets.serviceAccountKey)),
  };
  try {
    await assemble(assembly);
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
  health.started();
  return {
    stop: () => {
      health.stopping();
      return lifecycle.stop();
    },
  };
}

async function assemble(assembly: Assembly): Promise<void> {
  const { context, secrets, registry, lifecycle, health, metrics } = assembly;
  const connections = await resolveStateConnections(assembly.settings);
  const { log } = context;
  const { KUBUS_NATS_REPLICAS: streamReplicas, KUBUS_ENCRYPTION_PROVIDER_CONFIG: path } = assembly.settings;
  const sealing = await readSealing(secrets.encryption, path);
  const state = await openState({ connections, sealing, registry, streamReplicas, lifecycle, health, log });
  const keys = new KeyFiles({
    dir: assembly.settings.KUBUS_STATE_DIR,
    encryptionConfiguration: path,
    tokens: assembly.tokens,
    keyRing: state.keyRing,
    onError: (err) => log.warn({ err }, 'Keys cannot be read again; those that are known stay'),
  });
  keys.start();
  lifecycle.onStop('keys', () => keys.stop());
  health.tellKeys(() => keys.ids());
  lifecycle.onStop('health', health.serve(state.bus));
  lifecycle.onStop('metrics', serveMetrics(state.bus, metrics, context));
  const usage = new UsageStore();
  const reports = usage.listen(state.bus);
  lifecycle.onStop('usage reports', () => reports.stop());
  const serviceNetwork = {
    cidrs: assembly.settings.KUBUS_SERVICE_CIDR,
    nodePorts: assembly.settings.KUBUS_SERVICE_NODE_PORT_RANGE,
  };
  const { KUBUS_ADMISSION_CONTROL_CONFIG_FILE: admission } = assembly.settings;
  const access = await foreignAccess(assembly.settings, lifecycle, log);
  const running = await startPipeline({
    registry,
    store: state.store,
    caches: state.caches,
    tokens: assembly.tokens,
    foreignTokens: access.tokens,
    chainOf: access.chainOf,
    impliedBindings: desiredSetBindings,
    enabledPlugins: assembly.settings.KUBUS_ENABLE_ADMISSION_PLUGINS,
    disabledPlugins: assembly.settings.KUBUS_DISABLE_ADMISSION_PLUGINS,
    tolerations: {
      notReadySeconds: assembly.settings.KUBUS_DEFAULT_NOT_READY_TOLERATION_SECONDS,
      unreachableSeconds: assembly.settings.KUBUS_DEFAULT_UNREACHABLE_TOLERATION_SECONDS,
    },
    pluginConfigurations: admission === undefined ? undefined : await readAdmissionConfiguration(admission),
    serviceNetwork,
    components: dependencies(state),
    usage,
    onError: (err, { verb, group, resource }) => log.error({ err, verb, group, resource }, 'Request failed'),
  });
  lifecycle.onStop('pipeline', () => running.stop());
  const expiry = new EventExpiry({
    store: state.store,
    ttlMs: assembly.settings.KUBUS_EVENT_TTL,
    onError: (err) => log.warn({ err }, 'Old events cannot be deleted'),
  });
  expiry.start();
  lifecycle.onStop('event expiry', () => expiry.stop());
  const endpoint = podEndpoint(assembly.settings);
  await bootstrapObjects(running.pipeline, serviceNetwork, endpoint?.port);
  const audit = await openAudit(assembly, state);
  const bus = serveBus(assembly, state, running.pipeline, audit);
  const aggregation = await openAggregation(assembly, state, running.pipeline);
  bus.serveForeign(new ForeignRequests(aggregation, running.pipeline));
  const flowControl = await openFlowControl(assembly, state);
  bus.shareSeats(flowControl);
  const { anonymous } = access;
  await serveHttp(assembly, state, { pipeline: running.pipeline, audit, aggregation, anonymous, flowControl });
  if (endpoint !== undefined) await joinEndpoints(assembly, state, running.pipeline, endpoint);
}

async function joinEndpoints(
  { lifecycle, context }: Assembly,
  { store }: State,
  pipeline: Pipeline,
  endpoint: ApiEndpoint,
): Promise<void> {
  const leases = { group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-system' };
  const identity = new ApiIdentity({
    pipeline,
    endpoint,
    leases: async () => (await store.list(leases)).items,
    onError: (err) => context.log.warn({ err }, 'Endpoints of the API cannot be kept up to date'),
  });
  await identity.start();
  lifecycle.onStop('identity', () => identity.stop());
}

async function openAudit({ settings, lifecycle, metrics, context }: Assembly, { bus }: State): Promise<AuditLog> {
  const policy = await readPolicy(settings.KUBUS_AUDIT_POLICY_FILE);
  const onError = (err: unknown): void => context.log.warn({ err }, 'Audit events cannot be written');
  const sinks = [];
  if (settings.KUBUS_AUDIT_LOG !== undefined) sinks.push(new JsonLines({ ...auditFile(settings), onError }));
  if (settings.KUBUS_AUDIT_STREAM) {
    const stream = new AuditStream({ connection: bus, replicas: settings.KUBUS_NATS_REPLICAS, onError });
    stream.start();
    sinks.push(stream);
  }
  const webhook = settings.KUBUS_AUDIT_WEBHOOK_CONFIG_FILE;
  if (webhook !== undefined) sinks.push(new AuditWebhook({ ...(await auditWebhook(webhook, settings)), onError }));
  const audit = new AuditLog({ policy: sinks.length === 0 ? { ...policy, rules: [] } : policy, sinks, metrics });
  lifecycle.onStop('audit', () => audit.stop());
  return audit;
}

async function openAggregation(
  { secrets, lifecycle, context }: Assembly,
  { store, caches }: State,
  pipeline: Pipeline,
): Promise<Aggregation> {
  await publishAuthentication(pipeline, { client: secrets.caCert, requestHeader: secrets.frontProxyCa });
  const aggregation = new Aggregation({
    caches,
    pipeline,
    reader: serviceReader({ store, caches }),
    client: { cert: secrets.frontProxyCert, key: secrets.frontProxyKey },
    onError: (err, apiService) => context.log.warn({ err, apiService }, 'APIService cannot be kept up to date'),
  });
  await aggregation.start();
  lifecycle.onStop('aggregation', () => aggregation.stop());
  return aggregation;
}

function serviceReader({ store, caches }: Pick<State, 'store' | 'caches'>): ServiceReader {
  return {
    get: (key) => store.get(key),
    list: async (resource, namespace) =>
      (await (await caches.of(resource)).list({ namespace, freshness: 'any' })).items,
  };
}

async function openFlowControl({ lifecycle, metrics }: Assembly, { caches }: State): Promise<FlowControl> {
  const group = 'flowcontrol.apiserver.k8s.io';
  const schemas = new LiveView<FlowSchema>(caches, { group, resource: 'flowschemas' });
  const levels = new LiveView<PriorityLevelConfiguration>(caches, { group, resource: 'prioritylevelconfigurations' });
  await Promise.all([schemas.start(), levels.start()]);
  lifecycle.onStop('flow control', () => {
    schemas.stop();
    levels.stop();
  });
  const flow = new FlowControl({ schemas, levels, sizeOf: (resource) => caches.sizeOf(resource) });
  flowControlMetrics(metrics, flow);
  return flow;
}

interface Served {
  pipeline: Pipeline;
  audit: AuditLog;
  aggregation: Aggregation;
  anonymous: AnonymousAccess;
  flowControl: FlowControl;
}

function serveBus(
  { secrets, lifecycle, context }: Assembly,
  { bus, store }: State,
  pipeline: Pipeline,
  audit: AuditLog,
): PipelineHandler {
  const { log } = context;
  const handler = new PipelineHandler(pipeline, audit);
  const front = serveApi(bus, handler, { log });
  lifecycle.onStop('bus front', () => front.stop());
  const join = serveJoin({
    connection: bus,
    accountSeed: secrets.natsAccountSeed,
    token: secrets.joinToken,
    claims: new StoreNodeClaims(store),
    log,
  });
  lifecycle.onStop('node join', () => join.stop());
  return handler;
}

/** What the api cannot work without; rejects with the reason when it is away. */
function dependencies({ bus, store }: State): { name: string; check(): Promise<void> }[] {
  return [
    { name: 'redis', check: async () => void (await store.revisions([])) },
    { name: 'nats', check: async () => void (await bus.rtt()) },
  ];
}

/** What takes processor time and nobody has asked for yet follows this long after the start, when what the whole cluster waits for is done; milliseconds. */
const prepareMs = 1_500;

async function serveHttp(assembly: Assembly, state: State, served: Served): Promise<void> {
  const { bus } = state;
  const { pipeline, audit, aggregation, anonymous, flowControl } = served;
  const { settings, secrets, context, tokens, lifecycle, metrics } = assembly;
  const url = advertisedUrl(settings);
  const openApi = new OpenApi({
    registry: () => pipeline.registry,
    catchUp: () => pipeline.catchUp(),
    version: KUBERNETES_VERSION.gitVersion,
    foreign: aggregation,
  });
  const front = new HttpFront({
    ...settings.KUBUS_API_LISTEN,
    advertise: url.host,
    tls: { key: secrets.serverKey, cert: secrets.serverCert, clientCa: secrets.caCert },
    pipeline,
    protobuf: decodeProtobuf,
    connections: new Connections({
      pipeline,
      nodes: { open: (node, request) => openStream(bus, node, request) },
      reader: serviceReader(state),
    }),
    paths: {
      openapi: (call) => openApi.serve(call),
      ...openIdHandlers({ issuer: serviceAccountIssuer, url: url.origin, keySet: () => tokens.keySet() }),
    },
    checks: dependencies(state).map((check) => ({ ...check, readinessOnly: true })),
    metrics,
    log: context.log,
    audit,
    aggregation,
    anonymous,
    flags: flagsOf(settings),
    flowControl,
    limits: { longRunning: settings.KUBUS_API_MAX_WATCHES },
  });
  const address = await front.start();
  lifecycle.onStop('http front', () => front.stop());
  const prepare = () =>
    openApi.prepare().catch((err: unknown) => context.log.warn({ err }, 'No OpenAPI documents ahead of who asks'));
  const preparing = setTimeout(prepare, prepareMs).unref();
  lifecycle.onStop('openapi', async () => clearTimeout(preparing));
  context.log.info({ address: address.address, port: address.port, url: url.origin }, 'Serving the Kubernetes API');
}
