import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatusError } from '../../errors/index.ts';
import type { KubeObject } from '../../object/index.ts';
import { builtinSchema, decodeObject, type ScalarType, type SchemaNode, type StructNode } from '../../schema/index.ts';
import type { KindDeclaration } from '../contract.ts';
import { validateMetadata } from '../metadata.ts';
import { builtinKinds } from './index.ts';

// Whatever of its schema an object has or lacks, the rules of its kind come to a judgement: none of them may rely on a field because it is required.

const context = { now: '2026-01-01T00:00:00Z' };
const depth = 8;
const words = fc.constantFrom(
  'a',
  'default',
  'Always',
  'TCP',
  'a/b',
  '10.0.0.1',
  '__proto__',
  '%',
  '1',
  '*',
  '',
  '2001:db8::1',
);

const scalars: Partial<Record<ScalarType, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int32: fc.integer({ min: -2, max: 40_000 }),
  int64: fc.integer({ min: -2, max: 40_000 }),
  double: fc.double({ noNaN: true, min: -1, max: 1e6 }),
  bytes: fc.constantFrom('', 'YQ=='),
  Time: fc.constantFrom('2026-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
  MicroTime: fc.constant('2026-01-01T00:00:00.000001Z'),
  Duration: fc.constantFrom('0s', '1h0m0s'),
  Quantity: fc.constantFrom('0', '100m', '-1', '1Gi', 5),
  IntOrString: fc.oneof(fc.integer({ min: -1, max: 200 }), fc.constantFrom('25%', 'http', '')),
  RawExtension: fc.constant({ a: 1 }),
  FieldsV1: fc.constant({}),
  Any: fc.constantFrom(1, 'a', null, {}, []),
};

function arbitrary(node: SchemaNode, left: number, enums?: readonly string[]): fc.Arbitrary<unknown> {
  if (node.kind === 'scalar') {
    if (node.scalar !== 'string') return scalars[node.scalar] ?? words;
    return enums === undefined || enums.length === 0 ? words : fc.oneof(fc.constantFrom(...enums), words);
  }
  if (left === 0) return fc.constant(node.kind === 'list' ? [] : {});
  if (node.kind === 'list') return fc.array(arbitrary(node.element, left - 1), { maxLength: 2 });
  if (node.kind === 'map') return fc.dictionary(words, arbitrary(node.element, left - 1), { maxKeys: 2 });
  const fields = [...node.fields.values()].filter(
    ({ name }) => !['apiVersion', 'kind', 'managedFields'].includes(name),
  );
  if (fields.length === 0) return fc.constant({});
  // A few fields at a time: all of them at once make objects that nobody gets through.
  return fc
    .subarray(fields, { maxLength: Math.min(6, fields.length) })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map((field) => [field.name, arbitrary(field.node, left - 1, field.enum)]))),
    );
}

const structOf = (schema: string | StructNode) => (typeof schema === 'string' ? builtinSchema.struct(schema) : schema);

function decoded(schema: string | StructNode, body: unknown): KubeObject | undefined {
  try {
    const { object } = decodeObject(schema, body, { fieldValidation: 'Ignore' });
    // As the pipeline does before anything looks at the object.
    object.metadata ??= { name: '' };
    object.metadata.name ??= '';
    return object;
  } catch (error) {
    if (error instanceof StatusError) return undefined;
    throw error;
  }
}

/** Nothing in it may throw; what it returns is of no concern here. What is stored has been found valid: only that is read, shown and changed. */
function judge(declaration: KindDeclaration, object: KubeObject, other: KubeObject): void {
  const created = isValid(declaration, object);
  const stored = isValid(declaration, other) ? other : created ? structuredClone(object) : undefined;
  if (stored === undefined) return;
  read(declaration, stored);
  change(declaration, object, stored);
}

function isValid({ strategy, versions }: KindDeclaration, object: KubeObject): boolean {
  strategy?.setDefaults?.(object);
  strategy?.prepareForCreate?.(object, context);
  const rules = { ...strategy, validateName: () => [] };
  const errors = [...validateMetadata(object.metadata, true, rules), ...(strategy?.validate?.(object) ?? [])];
  for (const served of versions) void strategy?.check?.(object, undefined, served);
  if (errors.length === 0) strategy?.warnings?.(object, undefined);
  return errors.length === 0;
}

function read({ strategy, subresources, table, fields }: KindDeclaration, stored: KubeObject): void {
  table?.cells(stored, new Date(0));
  for (const name of Object.keys(fields ?? {})) fields?.[name]?.(stored);
  for (const each of subresources ?? []) if (each.type === 'scale') each.replicas(stored);
  strategy?.footprint?.(stored);
  strategy?.deletion?.gracePeriod?.(stored, undefined);
  strategy?.deletion?.isHeld?.(stored);
}

function change({ strategy, subresources, versions }: KindDeclaration, object: KubeObject, stored: KubeObject): void {
  const parts = (subresources ?? []).flatMap((each) => (each.type === 'part' ? [each.rules] : []));
  for (const rules of [strategy, ...parts]) {
    const changed = structuredClone(object);
    changed.metadata.name = stored.metadata.name;
    strategy?.setDefaults?.(changed);
    rules?.prepareForUpdate?.(changed, stored, context);
    rules?.validate?.(changed);
    rules?.validateUpdate?.(changed, stored);
    for (const served of versions) void strategy?.check?.(changed, stored, served);
    strategy?.countsForGeneration?.(changed, stored);
  }
}

const kinds = builtinKinds.filter(({ strategy }) => strategy !== undefined).map((kind) => [kind.kind, kind] as const);

describe.each(kinds)('%s', (_, declaration) => {
  const { schema } = declaration.versions[0];

  it('is judged whatever it has and lacks', () => {
    const body = arbitrary(structOf(schema), depth);
    fc.assert(
      fc.property(body, body, (first, second) => {
        const [object, old] = [decoded(schema, first), decoded(schema, second)];
        if (object !== undefined && old !== undefined) judge(declaration, object, old);
      }),
      { numRuns: 150 },
    );
    expect(declaration.strategy).toBeDefined();
  });
});
