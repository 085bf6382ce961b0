import { type GroupResource, groupResourceName, type ObjectKey } from '../object/index.ts';

/**
 * Every Redis key of the store. All begin with one hash tag, so that a Redis Cluster keeps them in one slot, where a script may use them together.
 * The scripts build the same names from `prefix`: a change here is a change there.
 *
 * | key | type | holds |
 * |---|---|---|
 * | `revision` | string | last revision of the cluster |
 * | `epoch` | string | identity of this history of revisions |
 * | `outbox` | stream | changes, ID `<revision>-0` |
 * | `relay` | string | id of the relay that is active |
 * | `resources` | set | every group resource that ever held an object |
 * | `last:<gr>` | string | last revision at which the resource changed; ' p' behind it while a list in pages may be under way |
 * | `objects:<gr>` | hash | member -> JSON; member and NUL -> revision, length of the JSON's head, uid; accounts |
 * | `order:<gr>` | sorted set, by member | pages of lists |
 * | `used:<account>`, `limits:<account>` | hash | the ledger |
 * | `snapshot:<gr>`, `undo-order:<gr>`, `undo-values:<gr>`, `undo-age:<gr>` | | what a list in pages needs to stay at its first page's revision |
 */
export interface StoreKeys {
  readonly prefix: string;
  readonly revision: string;
  readonly epoch: string;
  readonly outbox: string;
  readonly relay: string;
  readonly resources: string;
  last(resource: GroupResource): string;
  objects(resource: GroupResource): string;
}

/** Names of the keys of one cluster; `tag` keeps them in one slot of a Redis cluster. */
export function storeKeys(tag = 'kubus'): StoreKeys {
  const prefix = `{${tag}}:`;
  return {
    prefix,
    revision: `${prefix}revision`,
    epoch: `${prefix}epoch`,
    outbox: `${prefix}outbox`,
    relay: `${prefix}relay`,
    resources: `${prefix}resources`,
    last: (resource) => `${prefix}last:${formatResource(resource)}`,
    objects: (resource) => `${prefix}objects:${formatResource(resource)}`,
  };
}

/** 'pods', 'deployments.apps'. */
export function formatResource(resource: GroupResource): string {
  if (!/^[^.:\s]+$/.test(resource.resource)) throw new TypeError(`not a resource name: ${resource.resource}`);
  return groupResourceName(resource);
}

/** Of a resource as keys name it: 'pods', 'deployments.apps'. */
export function parseResource(text: string): GroupResource {
  const dot = text.indexOf('.');
  return dot < 0 ? { group: '', resource: text } : { group: text.slice(dot + 1), resource: text.slice(0, dot) };
}

/** '/' ends the namespace and a NUL ends a member in undo records; both, and the escape itself, are escaped. */
const escapeRequired = /[%/\0]/;

function escapePart(part: string): string {
  return escapeRequired.test(part) ? part.replaceAll('%', '%25').replaceAll('/', '%2F').replaceAll('\0', '%00') : part;
}

function unescapePart(part: string): string {
  return part.includes('%') ? part.replaceAll('%00', '\0').replaceAll('%2F', '/').replaceAll('%25', '%') : part;
}

/** '<namespace>/<name>': the object's member in its resource's hash and order. Members sort as etcd sorts Kubernetes' keys. */
export function formatMember(key: { namespace: string; name: string }): string {
  return `${escapePart(key.namespace)}/${escapePart(key.name)}`;
}

function parseMember(member: string): { namespace: string; name: string } {
  const slash = member.indexOf('/');
  return { namespace: unescapePart(member.slice(0, slash)), name: unescapePart(member.slice(slash + 1)) };
}

/** The object that a member (`<namespace>/<name>`, escaped) of the resource stands for. */
export function objectKey(resource: GroupResource, member: string): ObjectKey {
  return { group: resource.group, resource: resource.resource, ...parseMember(member) };
}

/** The range of members of a namespace ('' or absent: all), as arguments of ZRANGEBYLEX. */
export function memberRange(namespace: string | undefined): { min: string; max: string } {
  if (namespace === undefined || namespace === '') return { min: '-', max: '+' };
  // '0' is the character after '/'.
  return { min: `[${escapePart(namespace)}/`, max: `(${escapePart(namespace)}0` };
}
