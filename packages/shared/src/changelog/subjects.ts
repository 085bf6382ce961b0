import type { GroupResource, ObjectKey } from '../object/index.ts';

/** All changes. */
export const allChanges = 'kubus.changes.>';

/**
 * `kubus.changes.<group>.<resource>.<namespace>.<name>`. The core group is written `core`, the namespace of cluster-scoped objects `_`; what a
 * subject's token cannot hold is percent-encoded, so 'a.b' is `a%2Eb`.
 */
export function formatChangeSubject(key: ObjectKey): string {
  return `${prefixOf(key)}.${key.namespace === '' ? CLUSTER : encodeToken(key.namespace, CLUSTER)}.${encodeToken(key.name)}`;
}

/** Undefined for what is no subject of a change. */
export function parseChangeSubject(subject: string): ObjectKey | undefined {
  const [root, kind, group, resource, namespace, name, ...more] = subject.split('.');
  if (root !== 'kubus' || kind !== 'changes' || more.length > 0) return undefined;
  if (group === undefined || resource === undefined || namespace === undefined || name === undefined) return undefined;
  return {
    group: group === CORE ? '' : decodeToken(group),
    resource: decodeToken(resource),
    namespace: namespace === CLUSTER ? '' : decodeToken(namespace),
    name: decodeToken(name),
  };
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

const plain = /^[\w:@~+=!,;()-]+$/;

/** `reserved` is a text that stands for something else in this place. */
function encodeToken(text: string, reserved?: string): string {
  if (text === '') throw new TypeError('a token of a subject cannot be empty');
  if (plain.test(text) && text !== reserved) return text;
  let token = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const char = String.fromCharCode(byte);
    token += plain.test(char) && text !== reserved ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return token;
}

function decodeToken(token: string): string {
  return token.includes('%') ? decodeURIComponent(token) : token;
}
