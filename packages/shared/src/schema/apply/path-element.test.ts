import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListNode } from '../node.ts';
import { canonicalElement, elementOf } from './path-element.ts';

const text = { kind: 'scalar', scalar: 'string', goType: 'string' } as const;
const set: ListNode = { kind: 'list', element: text, listType: 'set', keys: [], goType: '[]string' };

/** As Go writes it: JSON in which HTML finds nothing. */
const goText = (value: string) =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

describe('path elements', () => {
  it('name values of sets as Go writes them, whatever characters they have', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme-ascii' })), (value) => {
        expect(elementOf(set, value)).toBe(`v:${goText(value)}`);
      }),
    );
    expect(elementOf(set, 'a<b>&"c"\\')).toBe('v:"a\\u003cb\\u003e\\u0026\\"c\\"\\\\"');
  });

  it('name elements by all their keys in order, and are read back in the same form', () => {
    const list: ListNode = { ...set, listType: 'map', keys: ['protocol', 'containerPort'] };
    const element = elementOf(list, { protocol: 'TCP', containerPort: 80, name: 'http' });
    expect(element).toBe('k:{"containerPort":80,"protocol":"TCP"}');
    expect(canonicalElement('k:{ "protocol": "TCP", "containerPort": 80 }')).toBe(element);
  });
});
