export const widgetSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      'x-kubernetes-validations': [
        { rule: 'self.min <= self.size', message: 'size must not be below min' },
        {
          rule: "self.color == oldSelf.color || self.color == 'red'",
          reason: 'FieldValueForbidden',
          fieldPath: '.color',
          messageExpression: "'not ' + self.color",
        },
      ],
      properties: {
        size: { type: 'integer', minimum: 0, maximum: 100 },
        min: { type: 'integer', default: 1 },
        replicas: { type: 'integer' },
        color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
        name: { type: 'string', pattern: '^(a+)+$', maxLength: 40 },
        port: { 'x-kubernetes-int-or-string': true },
        note: { type: 'string', nullable: true },
        since: { type: 'string', format: 'date-time' },
        tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, count: { type: 'integer', default: 7 } },
          },
        },
        extra: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: { known: { type: 'string' } },
        },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          'x-kubernetes-preserve-unknown-fields': true,
        },
        choice: {
          type: 'object',
          properties: { a: { type: 'string' }, b: { type: 'string' } },
          oneOf: [{ required: ['a'] }, { required: ['b'] }],
        },
      },
    },
    status: {
      type: 'object',
      properties: { replicas: { type: 'integer' }, selector: { type: 'string' }, phase: { type: 'string' } },
    },
  },
};

/** Of a namespaced kind with status, scale, columns and a selectable field; what is given takes the place of that. */
export function definition(
  plural: string,
  kind: string,
  overrides: { spec?: object; version?: object; names?: object; group?: string } = {},
) {
  const group = overrides.group ?? 'example.com';
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, kind, ...overrides.names },
      versions: [
        {
          ...{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: widgetSchema } },
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
          additionalPrinterColumns: [
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Parts', type: 'string', jsonPath: '.spec.parts[*].name' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          selectableFields: [{ jsonPath: '.spec.color' }],
          ...overrides.version,
        },
      ],
      ...overrides.spec,
    },
  };
}

/** For `definition`: another schema of the spec, and nothing that relies on the first one's. */
export const schemaOf = (spec: object) => ({
  version: {
    schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
    selectableFields: [],
    subresources: {},
  },
});

export const items = (plural: string, group = 'example.com', version = 'v1') =>
  `/apis/${group}/${version}/namespaces/default/${plural}`;

export const object = (kind: string, name: string, spec: object) => ({
  apiVersion: 'example.com/v1',
  kind,
  metadata: { name },
  spec,
});
