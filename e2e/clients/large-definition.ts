/** A definition as operators of databases, certificates and monitoring publish them: the pod template and more, in several versions, each field described. */
export interface LargeDefinition {
  name: string;
  definition: object;
  /** An object with a value in every part, and a merge patch that a rule of the schema refuses, and why. */
  object: object;
  unfit: [patch: object, says: string];
}

const sentence =
  'says how this part of the workload is to behave when it is started, moved or stopped, and what others may rely on meanwhile. ';

interface Leaf {
  schema: object;
  value: unknown;
}

/** Kinds of fields, one after the other. */
const leaves: readonly ((at: number) => Leaf)[] = [
  (at) => ({
    schema: { type: 'string', maxLength: 253, pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' },
    value: `name-${at}`,
  }),
  (at) => ({ schema: { type: 'integer', format: 'int32', minimum: 0, maximum: 65535 }, value: at }),
  () => ({ schema: { type: 'string', enum: ['Always', 'Never', 'IfNotPresent'], default: 'Always' }, value: 'Never' }),
  () => ({ schema: { type: 'boolean' }, value: true }),
  (at) => ({
    schema: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    value: `${at % 100}%`,
  }),
  (at) => ({
    schema: { type: 'object', additionalProperties: { type: 'string', maxLength: 63 }, maxProperties: 16 },
    value: { tier: `t${at}` },
  }),
  (at) => ({
    schema: {
      type: 'array',
      maxItems: 16,
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', maxLength: 63 }, value: { type: 'string', maxLength: 1024 } },
      },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    },
    value: [{ name: 'a', value: `${at}` }],
  }),
  () => ({ schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, value: { any: { thing: [1] } } }),
];

function section(depth: number, seed: number): Leaf {
  const properties: Record<string, object> = {};
  const value: Record<string, unknown> = {};
  for (const [i, leaf] of leaves.entries()) {
    const made = leaf(seed + i);
    const name = `field${i}`;
    properties[name] = { description: `${name} of part ${seed} ${sentence.repeat(2)}`, ...made.schema };
    value[name] = made.value;
  }
  if (depth > 0) {
    for (const name of ['inner', 'other']) {
      const part = section(depth - 1, seed * 2 + name.length);
      properties[name] = { description: sentence, ...part.schema };
      value[name] = part.value;
    }
  }
  const rules = [
    {
      rule: "!has(self.field1) || self.field1 != 60000 || self.field2 == 'Always'",
      message: '60000 is for Always alone',
      reason: 'FieldValueForbidden',
    },
    { rule: 'has(self.field1) == has(oldSelf.field1)', message: 'field1 stays what it is' },
  ];
  return { schema: { type: 'object', properties, 'x-kubernetes-validations': rules }, value };
}

/** `parts`: each adds some 25 KB to each of the two versions. */
export function largeDefinition(plural: string, kind: string, parts: number): LargeDefinition {
  const group = 'large.example.com';
  const all = Array.from({ length: parts }, (_, i) => [`part${i}`, section(2, i + 1)] as const);
  const spec = { type: 'object', properties: Object.fromEntries(all.map(([name, { schema }]) => [name, schema])) };
  const status = { type: 'object', properties: { phase: { type: 'string' } } };
  const version = (name: string, storage: boolean) => ({
    ...{ name, storage, served: true, subresources: { status: {} } },
    schema: { openAPIV3Schema: { type: 'object', description: sentence, properties: { spec, status } } },
    additionalPrinterColumns: [{ name: 'Mode', type: 'string', jsonPath: '.spec.part0.field2' }],
  });
  return {
    name: `${plural}.${group}`,
    definition: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        ...{
          group,
          scope: 'Namespaced',
          names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
        },
        versions: [version('v1', true), version('v1beta1', false)],
      },
    },
    object: {
      ...{ apiVersion: `${group}/v1`, kind, metadata: { name: 'full', namespace: 'default' } },
      spec: Object.fromEntries(all.map(([name, { value }]) => [name, value])),
    },
    unfit: [{ spec: { part0: { inner: { field1: 60000 } } } }, '60000 is for Always alone'],
  };
}
