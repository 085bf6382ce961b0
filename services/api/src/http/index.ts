import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Standstill } from '@kubus/shared/lifecycle';
import type { Logger } from '@kubus/shared/telemetry';
import type { Registry as MetricRegistry } from 'prom-client';
import type { AuditLog } from '../audit/index.ts';
import { Discovery, type ForeignDiscovery } from '../discovery/index.ts';
import type { FlowControl } from '../flowcontrol/index.ts';
import type { ProtobufDecoder } from './body.ts';
import type { ResourceCall } from './call.ts';
import type { AnonymousAccess, Pipeline } from './contract.ts';
import { type ForeignVersions, Front, type Handler } from './front.ts';
import { Health, type HealthCheck } from './health.ts';
import { InFlight, type InFlightLimits } from './in-flight.ts';
import { metricsHandler, requestMetrics } from './metrics.ts';
import { type PathHandler, Paths } from './paths.ts';
import { Resources } from './resources.ts';
import { Server, type TlsFiles } from './server.ts';
import { responseForUpgrade } from './upgrade.ts';
import { serveVersion } from './version.ts';
import { Watches } from './watch/index.ts';
import { zPages } from './zpages.ts';

export type { ResourceCall } from './call.ts';
export type { Handler } from './front.ts';
export type { PathHandler } from './paths.ts';
export { KUBERNETES_VERSION } from './version.ts';

export interface HttpFrontOptions {
  host: string;
  port: number;
  /** host:port under which clients reach this api. */
  advertise: string;
  tls: TlsFiles;
  pipeline: Pipeline;
  protobuf: ProtobufDecoder;
  /** pods/log, exec, attach and the like. */
  connections: Handler<ResourceCall>;
  /** Further paths by their first segment: openapi, .well-known. */
  paths?: Readonly<Record<string, PathHandler>>;
  checks: readonly HealthCheck[];
  metrics: MetricRegistry;
  log: Logger;
  limits?: Partial<InFlightLimits>;
  maxWatchBacklogBytes?: number;
  now?: () => Date;
  audit?: AuditLog;
  /** Shares out seats among clients. Without it, requests beyond `limits` are turned away. */
  flowControl?: FlowControl;
  /** Group versions that other servers serve; default: none. */
  aggregation?: Aggregated;
  /** What /flagz shows; default: nothing. */
  flags?: Readonly<Record<string, string>>;
  /** See FrontOptions. */
  anonymous?: AnonymousAccess;
  /** Default: 4 seconds. */
  standstill?: Standstill;
}

/** Beside serving them: what discovery and the OpenAPI index say of them. */
type Aggregated = ForeignVersions & ForeignDiscovery;

/** Where requests wait for their seats, this many are kept at once: their heads, not their bodies. */
const queued = { readonly: 10_000, mutating: 10_000 };

/** The Kubernetes REST API over TLS. */
export class HttpFront {
  readonly #server: Server;
  readonly #watches: Watches;
  readonly #inFlight: InFlight;
  readonly #standstill: Standstill;
  #stopping = false;

  constructor(options: HttpFrontOptions) {
    const { pipeline } = options;
    const now = options.now ?? (() => new Date());
    this.#inFlight = new InFlight({ ...(options.flowControl === undefined ? {} : queued), ...options.limits });
    this.#standstill = options.standstill ?? new Standstill();
    const backlog = options.maxWatchBacklogBytes;
    this.#watches = new Watches({ pipeline, now, ...(backlog === undefined ? {} : { maxBacklogBytes: backlog }) });
    const front = new Front({
      pipeline,
      inFlight: this.#inFlight,
      standstill: this.#standstill,
      log: options.log,
      resources: new Resources({ pipeline, protobuf: options.protobuf, now }),
      watches: this.#watches,
      connections: options.connections,
      paths: this.#paths(options, now),
      observe: requestMetrics(options.metrics, this.#inFlight),
      ...(options.audit === undefined ? {} : { audit: options.audit }),
      ...(options.flowControl === undefined ? {} : { flowControl: options.flowControl }),
      ...(options.aggregation === undefined ? {} : { aggregation: options.aggregation }),
      ...(options.anonymous === undefined ? {} : { anonymous: options.anonymous }),
    });
    this.#server = new Server({
      ...options,
      serve: (request, response) => void front.serve(request, response),
      upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        socket.on('error', () => undefined);
        void front.serve(request, responseForUpgrade(request, socket), { socket, head });
      },
    });
  }

  #paths(options: HttpFrontOptions, now: () => Date): Paths {
    const discovery = new Discovery({
      registry: () => options.pipeline.registry,
      catchUp: () => options.pipeline.catchUp(),
      advertise: options.advertise,
      ...(options.aggregation === undefined ? {} : { foreign: options.aggregation }),
    });
    const shutdown = { name: 'shutdown', readinessOnly: true, check: () => this.#assertServing() };
    const health = new Health([{ name: 'ping', check: () => undefined }, ...options.checks, shutdown]);
    const serveDiscovery: PathHandler = (call) => discovery.serve(call);
    const serveHealth: PathHandler = (call) => health.serve(call);
    const handlers: Readonly<Record<string, PathHandler>> = {
      api: serveDiscovery,
      apis: serveDiscovery,
      version: serveVersion,
      livez: serveHealth,
      readyz: serveHealth,
      healthz: serveHealth,
      metrics: metricsHandler(options.metrics),
      ...options.paths,
    };
    const { flags = {} } = options;
    return new Paths({ ...handlers, ...zPages({ paths: Object.keys(handlers), flags, now }) });
  }

  #assertServing(): void {
    if (this.#stopping) throw new Error('shutting down');
  }

  /** Resolves with the address when connections are taken. */
  start(): Promise<AddressInfo> {
    return this.#server.listen();
  }

  /** Open TCP connections. */
  get connections(): number {
    return this.#server.connections;
  }

  /** Stops taking connections, ends watches, waits for requests in flight (at most `graceMs`), then closes what is left. */
  async stop(graceMs = 10_000): Promise<void> {
    this.#stopping = true;
    this.#standstill.stop();
    this.#server.drain();
    this.#watches.stop();
    const deadline = performance.now() + graceMs;
    while (this.#busy() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
    this.#server.destroy();
  }

  #busy(): boolean {
    return this.#inFlight.count('readonly') + this.#inFlight.count('mutating') + this.#watches.count > 0;
  }
}
