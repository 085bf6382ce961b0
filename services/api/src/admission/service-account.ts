import type { KubeObject, ObjectKey } from '@kubus/shared/object';
import type { PodLike } from '../authz/index.ts';
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
}

/** The pod's account is a real one, and gives it its image pull secrets (Kubernetes: ServiceAccount). */
export class ServiceAccountAdmission implements AdmissionPlugin {
  readonly name = 'ServiceAccount';
  readonly #known: LiveView<Account>;
  readonly #read: (key: ObjectKey) => Promise<KubeObject | undefined>;
  readonly #pause: (ms: number) => Promise<void>;

  constructor(
    known: LiveView<Account>,
    read: (key: ObjectKey) => Promise<KubeObject | undefined>,
    pause: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  ) {
    this.#known = known;
    this.#read = read;
    this.#pause = pause;
  }

  concerns(resource: { group: string; resource: string }, subresource: string, operation: AdmissionOperation): boolean {
    return resource.group === '' && resource.resource === 'pods' && subresource === '' && operation === 'CREATE';
  }

  admit(request: AdmissionRequest): void | Promise<void> {
    const pod = request.object as PodLike;
    const spec = pod.spec;
    // A mirror pod stands for one that a node runs on its own: it may have no account at all.
    if (spec === undefined || isMirror(pod)) return undefined;
    spec.serviceAccountName ||= defaultAccount;
    // The older name of the field, which older clients read.
    spec.serviceAccount = spec.serviceAccountName;
    const known = this.#known.get(request.namespace, spec.serviceAccountName);
    if (known !== undefined) return take(spec, known);
    return this.#find(request, spec.serviceAccountName).then((account) => take(spec, account));
  }

  validate(request: AdmissionRequest): void {
    const pod = request.object as PodLike;
    if (isMirror(pod) && pod.spec?.serviceAccountName) {
      throw refusal(request, 'a mirror pod may not reference service accounts');
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

function isMirror(pod: PodLike): boolean {
  return Object.hasOwn(pod.metadata.annotations ?? {}, mirrorAnnotation);
}

function take(spec: NonNullable<PodLike['spec']>, account: Account): void {
  const secrets = account.imagePullSecrets ?? [];
  if ((spec.imagePullSecrets ?? []).length === 0 && secrets.length > 0) {
    spec.imagePullSecrets = secrets.map((secret) => ({ ...secret }));
  }
}
