import type { FieldFacts, PackageFacts, TypeFacts } from './facts.ts';

/**
 * Facts of apiextensions.k8s.io/v1, whose types are not among the sources that the generator reads. Protobuf numbers are left out but for the document's own
 * parts: clients send definitions as JSON.
 */
const name = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const own = (type: string): string => `${name}.${type}`;

type Options = Partial<FieldFacts>;
const optional = { omitempty: true } as const;
const pointer = { omitempty: true, pointer: true } as const;
const field = (field: string, type: string, options: Options = optional): FieldFacts => ({
  name: field,
  type,
  ...options,
});
const required = (field: string, type: string, options: Options = {}): FieldFacts => ({
  name: field,
  type,
  required: true,
  ...options,
});
const list = (field: string, type: string, options: Options = {}): FieldFacts => ({
  ...{ name: field, type, list: true, omitempty: true },
  ...options,
});

const names: TypeFacts = {
  fields: [
    required('plural', 'string'),
    field('singular', 'string'),
    list('shortNames', 'string', { listType: 'atomic' }),
    required('kind', 'string'),
    field('listKind', 'string'),
    list('categories', 'string', { listType: 'atomic' }),
  ],
};

const version: TypeFacts = {
  fields: [
    required('name', 'string'),
    required('served', 'bool'),
    required('storage', 'bool'),
    field('deprecated', 'bool'),
    field('deprecationWarning', 'string', pointer),
    field('schema', own('CustomResourceValidation'), pointer),
    field('subresources', own('CustomResourceSubresources'), pointer),
    list('additionalPrinterColumns', own('CustomResourceColumnDefinition'), { listType: 'atomic' }),
    list('selectableFields', own('SelectableField'), { listType: 'atomic' }),
  ],
};

/** Unions of a schema and something else are any JSON here: what they may be, validation says. */
const schemaProps: TypeFacts = {
  fields: [
    ...['id', '$schema', 'description', 'type', 'format', 'title', 'pattern'].map((text) => field(text, 'string')),
    field('$ref', 'string', pointer),
    field('default', 'Any', pointer),
    ...['maximum', 'minimum', 'multipleOf'].map((number) => field(number, 'double', pointer)),
    ...['exclusiveMaximum', 'exclusiveMinimum', 'uniqueItems', 'nullable'].map((flag) => field(flag, 'bool')),
    ...['maxLength', 'minLength', 'maxItems', 'minItems', 'maxProperties', 'minProperties'].map((size) =>
      field(size, 'int64', pointer),
    ),
    list('enum', 'Any'),
    list('required', 'string', { listType: 'atomic' }),
    field('items', 'Any', pointer),
    ...['allOf', 'oneOf', 'anyOf'].map((schemas) => list(schemas, own('JSONSchemaProps'), { listType: 'atomic' })),
    field('not', own('JSONSchemaProps'), pointer),
    ...['properties', 'patternProperties', 'definitions'].map((schemas) =>
      field(schemas, own('JSONSchemaProps'), { map: true, omitempty: true }),
    ),
    field('additionalProperties', 'Any', pointer),
    field('additionalItems', 'Any', pointer),
    field('dependencies', 'Any', { map: true, omitempty: true }),
    field('externalDocs', own('ExternalDocumentation'), pointer),
    field('example', 'Any', pointer),
    field('x-kubernetes-preserve-unknown-fields', 'bool', pointer),
    field('x-kubernetes-embedded-resource', 'bool'),
    field('x-kubernetes-int-or-string', 'bool'),
    list('x-kubernetes-list-map-keys', 'string', { listType: 'atomic' }),
    field('x-kubernetes-list-type', 'string', pointer),
    field('x-kubernetes-map-type', 'string', pointer),
    list('x-kubernetes-validations', own('ValidationRule'), {
      listType: 'map',
      listMapKeys: ['rule'],
      patchMergeKey: 'rule',
      patchStrategy: 'merge',
    }),
  ],
};

const types: Readonly<Record<string, TypeFacts>> = {
  CustomResourceDefinition: {
    document: true,
    fields: [
      field('metadata', `${META}.ObjectMeta`, { ...optional, number: 1 }),
      required('spec', own('CustomResourceDefinitionSpec')),
      field('status', own('CustomResourceDefinitionStatus')),
    ],
  },
  CustomResourceDefinitionList: {
    document: true,
    fields: [
      field('metadata', `${META}.ListMeta`, { ...optional, number: 1 }),
      required('items', own('CustomResourceDefinition'), { list: true }),
    ],
  },
  CustomResourceDefinitionSpec: {
    fields: [
      required('group', 'string'),
      required('names', own('CustomResourceDefinitionNames')),
      required('scope', 'string', { goType: 'v1.ResourceScope' }),
      { ...required('versions', own('CustomResourceDefinitionVersion')), list: true, listType: 'atomic' },
      field('conversion', own('CustomResourceConversion'), pointer),
      field('preserveUnknownFields', 'bool'),
    ],
  },
  CustomResourceDefinitionNames: names,
  CustomResourceDefinitionVersion: version,
  CustomResourceValidation: { fields: [field('openAPIV3Schema', own('JSONSchemaProps'), pointer)] },
  JSONSchemaProps: schemaProps,
  ExternalDocumentation: { fields: [field('description', 'string'), field('url', 'string')] },
  ValidationRule: {
    fields: [
      required('rule', 'string'),
      ...['message', 'messageExpression', 'fieldPath'].map((text) => field(text, 'string')),
      field('reason', 'string', pointer),
      field('optionalOldSelf', 'bool', pointer),
    ],
  },
  SelectableField: { fields: [required('jsonPath', 'string')] },
  CustomResourceSubresources: {
    fields: [
      field('status', own('CustomResourceSubresourceStatus'), pointer),
      field('scale', own('CustomResourceSubresourceScale'), pointer),
    ],
  },
  CustomResourceSubresourceStatus: { fields: [] },
  CustomResourceSubresourceScale: {
    fields: [
      required('specReplicasPath', 'string'),
      required('statusReplicasPath', 'string'),
      field('labelSelectorPath', 'string', pointer),
    ],
  },
  CustomResourceColumnDefinition: {
    fields: [
      required('name', 'string'),
      required('type', 'string'),
      field('format', 'string'),
      field('description', 'string'),
      field('priority', 'int32'),
      required('jsonPath', 'string'),
    ],
  },
  CustomResourceConversion: {
    fields: [
      required('strategy', 'string', { goType: 'v1.ConversionStrategyType' }),
      field('webhook', own('WebhookConversion'), pointer),
    ],
  },
  WebhookConversion: {
    fields: [
      field('clientConfig', own('WebhookClientConfig'), pointer),
      { ...required('conversionReviewVersions', 'string'), list: true, listType: 'atomic' },
    ],
  },
  WebhookClientConfig: {
    fields: [
      field('url', 'string', pointer),
      field('service', own('ServiceReference'), pointer),
      field('caBundle', 'bytes'),
    ],
  },
  ServiceReference: {
    fields: [
      required('namespace', 'string'),
      required('name', 'string'),
      field('path', 'string', pointer),
      field('port', 'int32', pointer),
    ],
  },
  CustomResourceDefinitionStatus: {
    fields: [
      list('conditions', own('CustomResourceDefinitionCondition'), { listType: 'map', listMapKeys: ['type'] }),
      field('acceptedNames', own('CustomResourceDefinitionNames')),
      list('storedVersions', 'string', { listType: 'atomic' }),
    ],
  },
  CustomResourceDefinitionCondition: {
    fields: [
      required('type', 'string'),
      required('status', 'string'),
      field('lastTransitionTime', 'Time'),
      field('reason', 'string'),
      field('message', 'string'),
      field('observedGeneration', 'int64'),
    ],
  },
};

export const apiextensionsV1: PackageFacts = {
  name,
  group: 'apiextensions.k8s.io',
  version: 'v1',
  types: Object.fromEntries(Object.entries(types).map(([type, facts]) => [own(type), facts])),
};
