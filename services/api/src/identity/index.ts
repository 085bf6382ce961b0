import { createHash, randomUUID } from 'node:crypto';
import { hostname as ownHostname } from 'node:os';
import type { ApiRequest } from '@kubus/shared/bus';
import { within } from '@kubus/shared/clock';
import { isNotFound, type Status, StatusError } from '@kubus/shared/errors';
import { apiVersionOf, type KubeObject, names } from '@kubus/shared/object';
import type { Lease } from '@kubus/shared/schema';
import { type ApiEndpoint, kubernetesEndpoints } from '../allocation/index.ts';
import { apiserver } from '../authn/index.ts';
import type { Pipeline } from '../pipeline/index.ts';
import { endpointsOf, formatEndpoint, isAlive, parseEndpoint, type Sighting, sighted } from './plan.ts';

/** How often a replica says that it is there, and looks who else is. */
const INTERVAL_MS = 10_000;
/** What stopping may cost when the state is away. */
const FAREWELL_MS = 2_000;
/** After so many seconds without a renewal a lease is of no use to anybody (pkg/controlplane: IdentityLeaseDurationSeconds). */
const LEASE_SECONDS = 3_600;

const namespace = 'kube-system';
const leases = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespace } as const;
const labels = { 'apiserver.kubernetes.io/identity': 'kube-apiserver' };
/** Where the replica that holds a lease is reached. */
const endpointAnnotation = 'kubus.io/endpoint';

export interface ApiIdentityOptions {
  pipeline: Pipeline;
  /** The leases of kube-system as they are stored; the watch caches would follow those of every node too. */
  leases(): Promise<readonly KubeObject[]>;
  /** Where pods reach this replica. */
  endpoint: ApiEndpoint;
  hostname?: string;
  now?: () => Date;
  /** Milliseconds that only grow. */
  clock?: () => number;
  onError(error: unknown): void;
}

/**
 * The lease of this replica in kube-system (KEP-1965), and the endpoints of kubernetes.default: those of all replicas whose leases are renewed. So the
 * endpoint of a replica that died goes within half a minute.
 */
export class ApiIdentity {
  readonly #options: Required<ApiIdentityOptions>;
  readonly #name: string;
  readonly #holder: string;
  #seen: ReadonlyMap<string, Sighting> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ApiIdentityOptions) {
    this.#options = { hostname: ownHostname(), now: () => new Date(), clock: () => performance.now(), ...options };
    const { hostname, endpoint } = this.#options;
    const hash = createHash('sha256')
      .update(`${hostname}/${formatEndpoint(endpoint)}`)
      .digest('hex')
      .slice(0, 26);
    this.#name = `apiserver-${hash}`;
    this.#holder = `${this.#name}_${randomUUID()}`;
  }

  /** Resolves when this replica is one of the endpoints, or could not become one now: an api serves all the same, and each round tries again. */
  async start(): Promise<void> {
    await this.renew().catch(this.#options.onError);
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.renew()).catch(this.#options.onError);
    }, INTERVAL_MS);
    this.#timer.unref();
  }

  /** One round: the lease, then the endpoints. */
  async renew(): Promise<void> {
    const spec = { leaseDurationSeconds: LEASE_SECONDS, renewTime: this.#microTime(), holderIdentity: this.#holder };
    const metadata = {
      labels: { ...labels, ...hostLabel(this.#options.hostname) },
      annotations: { [endpointAnnotation]: formatEndpoint(this.#options.endpoint) },
    };
    await this.#put({ ...leases, name: this.#name }, { kind: 'Lease', metadata, spec });
    await this.#reconcile();
  }

  /** Takes this replica's endpoint away, if others are there; without the state it is left to them. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await within(FAREWELL_MS, this.#running.then(() => this.#leave()).catch(this.#options.onError));
  }

  async #leave(): Promise<void> {
    await this.#send({ ...leases, verb: 'delete', name: this.#name });
    await this.#reconcile();
  }

  async #reconcile(): Promise<void> {
    const held = (await this.#options.leases()).filter(isIdentity);
    const now = this.#options.clock();
    this.#seen = sighted(this.#seen, new Map(held.map((lease) => [lease.metadata.name, renewTimeOf(lease)])), now);
    const alive = held.filter(({ metadata }) => isAlive(this.#seen.get(metadata.name) as Sighting, now));
    await this.#write(alive.map(({ metadata }) => parseEndpoint(metadata.annotations?.[endpointAnnotation])));
    const ended = held.filter((lease) => this.#isOver(lease));
    await Promise.all(
      ended.map(({ metadata: { name } }) => this.#send({ ...leases, verb: 'delete', name }, isNotFound)),
    );
  }

  async #write(alive: readonly (ApiEndpoint | undefined)[]): Promise<void> {
    const wanted = endpointsOf(alive.filter((endpoint) => endpoint !== undefined));
    if (wanted === undefined) return;
    const [slice, endpoints] = kubernetesEndpoints(wanted.addresses, wanted.port);
    const { namespace: where = '', name } = slice.metadata;
    const target = { version: 'v1', namespace: where, name } as const;
    await this.#put({ ...target, group: 'discovery.k8s.io', resource: 'endpointslices' }, slice);
    await this.#put({ ...target, group: '', resource: 'endpoints' }, endpoints);
  }

  #isOver(lease: Lease): boolean {
    const at = Date.parse(renewTimeOf(lease));
    return at + (lease.spec?.leaseDurationSeconds ?? 0) * 1000 < this.#options.now().getTime();
  }

  #microTime(): string {
    return this.#options.now().toISOString().replace('Z', '000Z');
  }

  /** Makes the object, or what is there like it; an object that is like it already is not written. */
  async #put(
    target: Required<Pick<ApiRequest, 'group' | 'version' | 'resource' | 'namespace' | 'name'>>,
    object: object,
  ): Promise<void> {
    const contentType = 'application/merge-patch+json';
    const patched = await this.#send(
      { ...target, verb: 'patch', contentType, body: structuredClone(object) },
      isNotFound,
    );
    if (patched) return;
    const { name, ...collection } = target;
    const { metadata = {} } = object as Partial<KubeObject>;
    const body = { apiVersion: apiVersionOf(target), ...object, metadata: { ...metadata, name } };
    await this.#send({ ...collection, verb: 'create', body });
  }

  /** Whether it was done; a failure that is expected is none. */
  async #send(request: ApiRequest, expected: (error: unknown) => boolean = () => false): Promise<boolean> {
    const context = { user: apiserver, userAgent: 'kube-apiserver', signal: new AbortController().signal };
    const { code, body } = await this.#options.pipeline.handle(request, context);
    if (code < 400) return true;
    const error = StatusError.from(body as Status);
    if (expected(error)) return false;
    throw error;
  }
}

const isIdentity = ({ metadata }: KubeObject): boolean =>
  metadata.labels?.['apiserver.kubernetes.io/identity'] === labels['apiserver.kubernetes.io/identity'];

/** A name that cannot be a label is left out. */
const hostLabel = (name: string): Record<string, string> =>
  names.labelValueErrors(name).length === 0 ? { 'kubernetes.io/hostname': name } : {};

const renewTimeOf = (lease: KubeObject): string => (lease as Lease).spec?.renewTime ?? '';
