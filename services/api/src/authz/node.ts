import type { UserInfo } from '../authn/index.ts';
import type { LiveView } from '../storage/index.ts';
import {
  type Attributes,
  type Authorizer,
  allowed,
  type Decision,
  noOpinion,
  type PolicyRule,
  type ResourceAttributes,
} from './contract.ts';
import type { NodeGraph, Referenced } from './node-graph.ts';
import type { PodLike } from './pod-references.ts';
import { ruleAllows } from './rules.ts';

const prefix = 'system:node:';

/** The node a user is, by name and group as Kubernetes' certificates have them; undefined for everybody else. */
export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.groups.includes('system:nodes') || !user.username.startsWith(prefix)) return undefined;
  return user.username.slice(prefix.length) || undefined;
}

type Handler = (node: string, attributes: ResourceAttributes) => Decision | Promise<Decision>;

/**
 * What a node may do: read its own Node, its own pods and what they refer to; write its own status, lease and events (Kubernetes: Node authorization).
 * That a write concerns the node's own objects is held by the NodeRestriction admission where only the object tells.
 */
export class NodeAuthorizer implements Authorizer {
  readonly #graph: NodeGraph;
  readonly #pods: LiveView<PodLike>;
  readonly #rules: readonly PolicyRule[];
  readonly #handlers: ReadonlyMap<string, Handler>;

  /** `rules` hold for every node alike and cover the resources that are not subdivided. */
  constructor(graph: NodeGraph, pods: LiveView<PodLike>, rules: readonly PolicyRule[]) {
    this.#graph = graph;
    this.#pods = pods;
    this.#rules = rules;
    this.#handlers = new Map<string, Handler>([
      ['/secrets', (node, attributes) => this.#readReferenced('secrets', node, attributes)],
      ['/configmaps', (node, attributes) => this.#readReferenced('configmaps', node, attributes)],
      [
        '/persistentvolumeclaims',
        (node, attributes) => this.#getReferenced('persistentvolumeclaims', node, attributes),
      ],
      ['/serviceaccounts', (node, attributes) => this.#authorizeAccount(node, attributes)],
      ['coordination.k8s.io/leases', authorizeLease],
      ['/nodes', authorizeNode],
      ['/pods', (node, attributes) => this.#authorizePod(node, attributes)],
    ]);
  }

  authorize(attributes: Attributes): Decision | Promise<Decision> {
    const node = nodeNameOf(attributes.user);
    if (node === undefined) return noOpinion;
    if (attributes.path === undefined) {
      const handler = this.#handlers.get(`${attributes.group}/${attributes.resource}`);
      if (handler !== undefined) return handler(node, attributes);
    }
    return this.#rules.some((rule) => ruleAllows(rule, attributes)) ? allowed : noOpinion;
  }

  #readReferenced(kind: Referenced, node: string, attributes: ResourceAttributes): Decision | Promise<Decision> {
    if (!readVerbs.has(attributes.verb)) return no('can only read resources of this type');
    if (attributes.subresource !== '') return no('cannot read subresource');
    if (attributes.namespace === '') return no('can only read namespaced object of this type');
    return this.#referenced(kind, node, attributes);
  }

  #getReferenced(kind: Referenced, node: string, attributes: ResourceAttributes): Decision | Promise<Decision> {
    if (attributes.verb !== 'get') return no('can only get individual resources of this type');
    if (attributes.subresource !== '') return no('cannot get subresource');
    return this.#referenced(kind, node, attributes);
  }

  /** Accounts are read for credential providers, that may want their annotations (KEP-4412). */
  #authorizeAccount(node: string, attributes: ResourceAttributes): Decision | Promise<Decision> {
    const isRead = attributes.verb === 'get' && attributes.subresource === '';
    return isRead ? this.#getReferenced('serviceaccounts', node, attributes) : this.#createToken(node, attributes);
  }

  #createToken(node: string, attributes: ResourceAttributes): Decision | Promise<Decision> {
    if (attributes.verb !== 'create' || attributes.name === '') {
      return no('can only create tokens for individual service accounts');
    }
    if (attributes.subresource !== 'token') return no('can only create token subresource of serviceaccount');
    return this.#referenced('serviceaccounts', node, attributes);
  }

  async #referenced(kind: Referenced, node: string, attributes: ResourceAttributes): Promise<Decision> {
    const { namespace, name } = attributes;
    if (name === '') return no('No Object name found');
    if (this.#graph.refers(node, kind, namespace, name)) return allowed;
    // The node may have heard of its pod from another replica that is ahead of this one.
    await this.#pods.catchUp();
    return this.#graph.refers(node, kind, namespace, name) ? allowed : unrelated(node);
  }

  #authorizePod(node: string, attributes: ResourceAttributes): Decision | Promise<Decision> {
    const { subresource, verb, fields, name } = attributes;
    if (podWrites.has(`${verb} ${subresource}`)) return allowed;
    if (subresource !== '' || !readVerbs.has(verb)) return noOpinion;
    if (verb !== 'get' && fields?.exact('spec.nodeName') === node) return allowed;
    if (name !== '') return this.#ownPod(node, attributes);
    return no('can only list/watch pods with spec.nodeName field selector');
  }

  async #ownPod(node: string, { namespace, name }: ResourceAttributes): Promise<Decision> {
    if (this.#pods.get(namespace, name)?.spec?.nodeName === node) return allowed;
    await this.#pods.catchUp();
    return this.#pods.get(namespace, name)?.spec?.nodeName === node ? allowed : unrelated(node);
  }
}

const readVerbs: ReadonlySet<string> = new Set(['get', 'list', 'watch']);

/** Verb and subresource; whose pod it is, NodeRestriction asks. */
const podWrites: ReadonlySet<string> = new Set([
  'create ',
  'delete ',
  'update status',
  'patch status',
  'create eviction',
]);

const leaseVerbs: ReadonlySet<string> = new Set(['get', 'create', 'update', 'patch', 'delete']);

export const nodeLeaseNamespace = 'kube-node-lease';

function authorizeLease(node: string, { verb, namespace, name }: ResourceAttributes): Decision {
  if (!leaseVerbs.has(verb)) return no('can only get, create, update, patch, or delete a node lease');
  if (namespace !== nodeLeaseNamespace) {
    return no(`can only access leases in the "${nodeLeaseNamespace}" system namespace`);
  }
  if (verb !== 'create' && name !== node) {
    return no('can only access node lease with the same name as the requesting node');
  }
  return allowed;
}

function authorizeNode(node: string, { verb, subresource, name }: ResourceAttributes): Decision {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allowed : noOpinion;
  if (subresource !== '') return noOpinion;
  if (verb === 'create' || verb === 'update' || verb === 'patch') return allowed;
  if (!readVerbs.has(verb)) return noOpinion;
  if (name === node) return allowed;
  return no(
    name === ''
      ? `node '${node}' cannot read all nodes, only its own Node object`
      : `node '${node}' cannot read '${name}', only its own Node object`,
  );
}

function no(reason: string): Decision {
  return { allowed: false, reason };
}

function unrelated(node: string): Decision {
  return no(`no relationship found between node '${node}' and this object`);
}
