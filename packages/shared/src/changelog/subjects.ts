import { escapeToken, unescapeToken } from '../bus/token.ts';
import type { GroupResource, ObjectKey } from '../object/index.ts';

/** All changes. */
export const allChanges = 'kubus.changes.>';

/**
 * `kubus.changes.<group>.<resource>.<namespace>.<name>`. The core group is written `core`, the namespace of cluster-scoped objects `_`; what a
 * subject's token cannot hold is escaped as everywhere on the bus, so 'a.b' is `a=2Eb`.
 */
export function formatChangeSubject(key: ObjectKey): string {
  return `${prefixOf(key)}.${key.namespace === '' ? CLUSTER : encodeToken(key.namespace, CLUSTER)}.${encodeToken(key.name)}`;
}

/** Undefined for what is no subject of a change. */
export function parseChangeSubject(subject: string): ObjectKey | undefined {
  const [root, kind, group, resource, namespace, name, ...more] = subject.split('.');
  if (root !== 'kubus' || kind !== 'changes' || more.length > 0) return undefined;
  if (group === undefined || resource === undefined || namespace === undefined || name === undefined) return undefined;
  const key = {
    group: group === CORE ? '' : unescapeToken(group),
    resource: unescapeToken(resource),
    namespace: namespace === CLUSTER ? '' : unescapeToken(namespace),
    name: unescapeToken(name),
  };
  return Object.values(key).includes(undefined) ? undefined : (key as ObjectKey);
}

/** Every change of a resource, or of a resource in one namespace. */
export function changesOf(resource: GroupResource, namespace?: string): string {
  return namespace === undefined
    ? `${prefixOf(resource)}.>`
    : `${prefixOf(resource)}.${namespace === '' ? CLUSTER : encodeToken(namespace, CLUSTER)}.*`;
}

const CORE = 'core';
const CLUSTER = '_';

function prefixOf(resource: GroupResource): string {
  const group = resource.group === '' ? CORE : encodeToken(resource.group, CORE);
  return `kubus.changes.${group}.${encodeToken(resource.resource)}`;
}

/** `reserved` is a text that stands for something else in this place. */
function encodeToken(text: string, reserved?: string): string {
  if (text === '') throw new TypeError('a token of a change subject cannot be empty');
  if (text !== reserved) return escapeToken(text);
  return [...Buffer.from(text)].map((byte) => `=${byte.toString(16).toUpperCase()}`).join('');
}
