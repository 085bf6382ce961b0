import { notFound } from '@kubus/shared/errors';
import type { KubeObject, ObjectKey } from '@kubus/shared/object';
import { equal } from '@kubus/shared/registry';
import { nodeLeaseNamespace, nodeNameOf, type PodLike, podReferences } from '../authz/index.ts';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';
import { forbiddenLabels, modifiedLabels } from './node-labels.ts';
import { refusal } from './refuse.ts';

const mirrorAnnotation = 'kubernetes.io/config.mirror';

interface Node extends KubeObject {
  spec?: { taints?: unknown[]; configSource?: unknown };
}

interface TokenRequest extends KubeObject {
  spec?: { boundObjectRef?: { apiVersion?: string; kind?: string; name?: string; uid?: string } };
}

type Check = (node: string, request: AdmissionRequest) => void | Promise<void>;

/**
 * Holds a node to its own objects where only the object tells whose it is: its Node (not its taints, not the labels by which workloads are steered),
 * the status and eviction of its pods, its lease, tokens for its pods (Kubernetes: NodeRestriction).
 */
export class NodeRestriction implements AdmissionPlugin {
  readonly name = 'NodeRestriction';
  readonly #read: (key: ObjectKey) => Promise<KubeObject | undefined>;
  readonly #checks: ReadonlyMap<string, Check>;

  constructor(read: (key: ObjectKey) => Promise<KubeObject | undefined>) {
    this.#read = read;
    this.#checks = new Map<string, Check>([
      ['/pods/', (node, request) => this.#checkPod(node, request)],
      ['/pods/status', checkPodStatus],
      ['/pods/eviction', checkEviction],
      ['/nodes/', checkNode],
      ['/nodes/status', checkNode],
      ['/serviceaccounts/token', (node, request) => this.#checkToken(node, request)],
      ['coordination.k8s.io/leases/', checkLease],
    ]);
  }

  concerns(
    resource: { group: string; resource: string },
    subresource: string,
    _operation: AdmissionOperation,
  ): boolean {
    return this.#checks.has(`${resource.group}/${resource.resource}/${subresource}`);
  }

  validate(request: AdmissionRequest): void | Promise<void> {
    if (!request.user.groups.includes('system:nodes')) return undefined;
    const node = nodeNameOf(request.user);
    if (node === undefined) {
      throw refusal(request, `could not determine node from user ${JSON.stringify(request.user.username)}`);
    }
    return this.#checks.get(`${request.resource.group}/${request.resource.resource}/${request.subresource}`)?.(
      node,
      request,
    );
  }

  #checkPod(node: string, request: AdmissionRequest): void | Promise<void> {
    if (request.operation === 'CREATE') return this.#checkMirrorPod(node, request);
    if (request.operation === 'DELETE') {
      if ((request.old as PodLike | undefined)?.spec?.nodeName === node) return undefined;
      throw refusal(request, `node "${node}" can only delete pods with spec.nodeName set to itself`);
    }
    throw refusal(
      request,
      `unexpected operation "${request.operation}", node "${node}" can only create and delete mirror pods`,
    );
  }

  async #checkMirrorPod(node: string, request: AdmissionRequest): Promise<void> {
    const pod = request.object as PodLike;
    if (!Object.hasOwn(pod.metadata.annotations ?? {}, mirrorAnnotation)) {
      throw refusal(
        request,
        `pod does not have "${mirrorAnnotation}" annotation, node "${node}" can only create mirror pods`,
      );
    }
    if (pod.spec?.nodeName !== node) {
      throw refusal(request, `node "${node}" can only create pods with spec.nodeName set to itself`);
    }
    await this.#checkMirrorOwner(node, request, pod);
    const references = podReferences(pod);
    const named = [
      ['a service account', references.serviceaccounts],
      ['secrets', references.secrets],
      ['configmaps', references.configmaps],
      ['persistentvolumeclaims', references.persistentvolumeclaims],
    ] as const;
    const [what] = named.find(([, names]) => names.size > 0) ?? [];
    if (what !== undefined) throw refusal(request, `node "${node}" can not create pods that reference ${what}`);
  }

  async #checkMirrorOwner(node: string, request: AdmissionRequest, pod: PodLike): Promise<void> {
    const owners = pod.metadata.ownerReferences ?? [];
    const [owner] = owners;
    if (owners.length > 1) {
      throw refusal(request, `node "${node}" can only create pods with a single owner reference set to itself`);
    }
    if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
      throw refusal(request, `node "${node}" can only create pods with an owner reference set to itself`);
    }
    if (owner.controller !== true) {
      throw refusal(request, `node "${node}" can only create pods with a controller owner reference set to itself`);
    }
    if (owner.blockOwnerDeletion === true) {
      throw refusal(request, `node "${node}" must not set blockOwnerDeletion on an owner reference`);
    }
    const own = await this.#read({ group: '', resource: 'nodes', namespace: '', name: node });
    if (own === undefined) throw notFound({ group: '', resource: 'nodes' }, node);
    if (own.metadata.uid !== owner.uid) {
      throw refusal(request, `node ${node} UID mismatch: expected ${owner.uid} got ${own.metadata.uid}`);
    }
  }

  async #checkToken(node: string, request: AdmissionRequest): Promise<void> {
    const ref = (request.object as TokenRequest).spec?.boundObjectRef;
    if (ref === undefined || ref.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) {
      throw refusal(request, 'node requested token not bound to a pod');
    }
    if (!ref.uid) throw refusal(request, 'node requested token with a pod binding without a uid');
    const key = { group: '', resource: 'pods', namespace: request.namespace, name: ref.name };
    const pod = (await this.#read(key)) as PodLike | undefined;
    if (pod === undefined) throw notFound(key, ref.name);
    if (pod.metadata.uid !== ref.uid) {
      throw refusal(
        request,
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    }
    if (pod.spec?.nodeName !== node) {
      throw refusal(request, 'node requested token bound to a pod scheduled on a different node');
    }
    if (pod.spec.serviceAccountName !== request.name) {
      throw refusal(request, 'node requested token bound to a pod that uses another service account');
    }
  }
}

function checkPodStatus(node: string, request: AdmissionRequest): void {
  const old = request.old as PodLike | undefined;
  if (old?.spec?.nodeName !== node) {
    throw refusal(request, `node "${node}" can only update pod status for pods with spec.nodeName set to itself`);
  }
  if (!equal(old.metadata.labels, request.object?.metadata.labels)) {
    throw refusal(request, `node "${node}" cannot update labels through pod status`);
  }
}

function checkEviction(node: string, request: AdmissionRequest): void {
  if ((request.old as PodLike | undefined)?.spec?.nodeName === node) return;
  throw refusal(request, `node ${node} can only evict pods with spec.nodeName set to itself`);
}

function checkNode(node: string, request: AdmissionRequest): void {
  const name = request.name || request.object?.metadata.name || '';
  if (name !== node) throw refusal(request, `node "${node}" is not allowed to modify node "${name}"`);
  const own = request.object as Node | undefined;
  if (own === undefined) return;
  const labels = forbiddenLabels(modifiedLabels(own.metadata.labels, request.old?.metadata.labels));
  if (request.operation === 'CREATE') {
    if (own.spec?.configSource) {
      throw refusal(request, `node "${node}" is not allowed to create pods with a non-nil configSource`);
    }
    if (labels.length > 0) {
      throw refusal(request, `node "${node}" is not allowed to set the following labels: ${labels.join(', ')}`);
    }
    return;
  }
  checkNodeUpdate(node, request, own, labels);
}

function checkNodeUpdate(node: string, request: AdmissionRequest, own: Node, labels: readonly string[]): void {
  const old = request.old as Node;
  if (own.spec?.configSource && !equal(own.spec.configSource, old.spec?.configSource)) {
    throw refusal(request, `node "${node}" is not allowed to update configSource to a new non-nil configSource`);
  }
  if (!equal(own.spec?.taints, old.spec?.taints)) {
    throw refusal(request, `node "${node}" is not allowed to modify taints`);
  }
  if (labels.length > 0) throw refusal(request, `is not allowed to modify labels: ${labels.join(', ')}`);
  // A node that could name owners of its own object could have it deleted and made anew with other labels and taints (CVE-2025-5187).
  if (!equal(own.metadata.ownerReferences, old.metadata.ownerReferences)) {
    throw refusal(request, `node "${node}" is not allowed to modify ownerReferences`);
  }
}

function checkLease(node: string, request: AdmissionRequest): void {
  if (request.namespace !== nodeLeaseNamespace) {
    throw refusal(request, `can only access leases in the "${nodeLeaseNamespace}" system namespace`);
  }
  const name = request.operation === 'CREATE' ? request.object?.metadata.name : request.name;
  if (name !== node) {
    throw refusal(request, 'can only access node lease with the same name as the requesting node');
  }
}
