import fc from 'fast-check';
import { expect } from 'vitest';
import type { Reply } from './admin-client.ts';

// Arbitrary input for the API, and what every answer to it has in common.

/** An answer of the API's own: success, or a Status that says what is wrong, and never that something broke. */
export function expectAnswer({ code, body }: Reply, sent: string): void {
  if (code >= 400) expect(body, sent).toMatchObject({ kind: 'Status', status: 'Failure', code });
  expect(code, `${sent}\n${JSON.stringify(body)}`).not.toBe(500);
}

export const nasty = fc.constantFrom(
  '..',
  '.',
  '*',
  '>',
  '__proto__',
  'constructor',
  'a b',
  'a\nb',
  '',
  'a/b',
  'ä',
  '\u0000',
  'a'.repeat(300),
  'toString',
);
const scalar = fc.oneof(
  nasty,
  fc.string(),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt().map(Number),
);
const key = fc.oneof(
  nasty,
  fc.constantFrom(
    'metadata',
    'name',
    'spec',
    'containers',
    'template',
    'labels',
    'selector',
    'matchLabels',
    'data',
    'status',
    'replicas',
    '$patch',
    'finalizers',
    'ownerReferences',
    'resources',
    'limits',
    'cpu',
    'env',
    'managedFields',
    'rules',
  ),
);
export const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(toObject),
  ),
}));

function toObject(entries: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [name, member] of entries)
    Object.defineProperty(object, name, { value: member, enumerable: true, writable: true, configurable: true });
  return object;
}
