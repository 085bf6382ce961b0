import { hash } from 'node:crypto';
import { type KubeObject, type ObjectKey, safeAlphabet } from '@kubus/shared/object';
import type { Container, Pod, PodSpec, Volume } from '@kubus/shared/schema';
import type { LiveView } from '../storage/index.ts';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';
import { refusal } from './refuse.ts';

const defaultAccount = 'default';

/** A namespace's default account is made shortly after the namespace; a pod that comes in between waits this often and long. */
const attempts = 10;
const pauseMs = 100;

const mirrorAnnotation = 'kubernetes.io/config.mirror';

interface Account extends KubeObject {
  imagePullSecrets?: { name?: string }[];
  automountServiceAccountToken?: boolean;
}

const volumePrefix = 'kube-api-access-';
const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/** An hour and some: the seven seconds tell these tokens from those that somebody asked for. */
const tokenSeconds = 3607;

interface ServiceAccountOptions {
  pause?: (ms: number) => Promise<void>;
}

/** The pod's account is a real one, and gives it its image pull secrets and a token (Kubernetes: ServiceAccount). */
export class ServiceAccountAdmission implements AdmissionPlugin {
  readonly name = 'ServiceAccount';
  readonly #known: LiveView<Account>;
  readonly #read: (key: ObjectKey) => Promise<KubeObject | undefined>;
  readonly #pause: (ms: number) => Promise<void>;

  constructor(
    known: LiveView<Account>,
    read: (key: ObjectKey) => Promise<KubeObject | undefined>,
    { pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }: ServiceAccountOptions = {},
  ) {
    this.#known = known;
    this.#read = read;
    this.#pause = pause;
  }

  concerns(resource: { group: string; resource: string }, subresource: string, operation: AdmissionOperation): boolean {
    return resource.group === '' && resource.resource === 'pods' && subresource === '' && operation === 'CREATE';
  }

  admit(request: AdmissionRequest): void | Promise<void> {
    const pod = request.object as Pod;
    const spec = pod.spec;
    // A mirror pod stands for one that a node runs on its own: it may have no account at all.
    if (spec === undefined || isMirror(pod)) return undefined;
    spec.serviceAccountName ||= defaultAccount;
    // The older name of the field, which older clients read.
    spec.serviceAccount = spec.serviceAccountName;
    const known = this.#known.get(request.namespace, spec.serviceAccountName);
    if (known !== undefined) return this.#take(spec, known);
    return this.#find(request, spec.serviceAccountName).then((account) => this.#take(spec, account));
  }

  validate(request: AdmissionRequest): void {
    const pod = request.object as Pod;
    if (isMirror(pod) && pod.spec?.serviceAccountName) {
      throw refusal(request, 'a mirror pod may not reference service accounts');
    }
  }

  #take(spec: PodSpec, account: Account): void {
    const secrets = account.imagePullSecrets ?? [];
    if ((spec.imagePullSecrets ?? []).length === 0 && secrets.length > 0) {
      spec.imagePullSecrets = secrets.map((secret) => ({ ...secret }));
    }
    if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) {
      mountToken(spec, account);
    }
  }

  async #find(request: AdmissionRequest, name: string): Promise<Account> {
    const { namespace } = request;
    const tries = name === defaultAccount ? attempts : 1;
    for (let i = 0; i < tries; i++) {
      if (i > 0) await this.#pause(pauseMs);
      const account = await this.#read({ group: '', resource: 'serviceaccounts', namespace, name });
      if (account !== undefined) return account;
    }
    const why = `serviceaccount ${JSON.stringify(name)} not found`;
    throw refusal(request, `error looking up service account ${namespace}/${name}: ${why}`);
  }
}

function isMirror(pod: Pod): boolean {
  return Object.hasOwn(pod.metadata.annotations ?? {}, mirrorAnnotation);
}

/** Containers that have something of their own in its place are left alone. */
function mountToken(spec: PodSpec, account: Account): void {
  const existing = spec.volumes?.find(({ name }) => name.startsWith(volumePrefix));
  const without = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].filter(
    (container) => !hasMount(container),
  );
  if (without.length === 0) return;
  const volume = existing ?? tokenVolume(volumePrefix + suffixOf(account));
  for (const container of without) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name: volume.name, readOnly: true, mountPath }];
  }
  if (existing === undefined) spec.volumes = [...(spec.volumes ?? []), volume];
}

/**
 * Five characters, as Kubernetes' are in form. There they are drawn anew for each pod; here they follow from the account, so that its pods have the same fields: who
 * owns what of them is worked out once, and kept once. A pod that already has a volume of such a name is given none.
 */
function suffixOf({ metadata: { uid = '' } }: Account): string {
  const bytes = [...hash('sha256', uid, 'buffer').subarray(0, 5)];
  return bytes.map((byte) => safeAlphabet.charAt(byte % safeAlphabet.length)).join('');
}

function hasMount({ volumeMounts = [] }: Container): boolean {
  return volumeMounts.some((mount) => mount.mountPath === mountPath);
}

function tokenVolume(name: string): Volume {
  const namespace = { apiVersion: 'v1', fieldPath: 'metadata.namespace' };
  const sources = [
    { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: namespace }] } },
  ];
  return { name, projected: { sources, defaultMode: 0o644 } };
}
