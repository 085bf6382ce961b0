import { apiVersionOf, type GroupVersionKind } from '../../object/index.ts';
import type { StructNode } from '../node.ts';
import { patchTypesOf } from '../patch/patch-object.ts';
import { PROTOBUF } from '../protobuf/envelope.ts';
import type { SchemaSet } from '../schema-set.ts';
import type { Dialect, OpenApiKind, OpenApiObject } from './contract.ts';
import type { Definitions } from './schemas.ts';

/** What a request to one path may do. */
interface Endpoint {
  path: string;
  kind: OpenApiKind;
  /** Method -> verb. */
  verbs: ReadonlyMap<string, string>;
  gvk: GroupVersionKind;
  type: StructNode;
  subresource?: string;
}

const JSON_TYPES = ['application/json', 'application/yaml', PROTOBUF];

const queryParameters: ReadonlyMap<string, readonly (readonly [string, string])[]> = new Map([
  [
    'post',
    [
      ['dryRun', 'string'],
      ['fieldManager', 'string'],
      ['fieldValidation', 'string'],
    ],
  ],
  [
    'put',
    [
      ['dryRun', 'string'],
      ['fieldManager', 'string'],
      ['fieldValidation', 'string'],
    ],
  ],
  [
    'patch',
    [
      ['dryRun', 'string'],
      ['fieldManager', 'string'],
      ['fieldValidation', 'string'],
      ['force', 'boolean'],
    ],
  ],
  [
    'delete',
    [
      ['dryRun', 'string'],
      ['gracePeriodSeconds', 'integer'],
      ['orphanDependents', 'boolean'],
      ['propagationPolicy', 'string'],
    ],
  ],
  [
    'list',
    [
      ['allowWatchBookmarks', 'boolean'],
      ['continue', 'string'],
      ['fieldSelector', 'string'],
      ['labelSelector', 'string'],
      ['limit', 'integer'],
      ['resourceVersion', 'string'],
      ['resourceVersionMatch', 'string'],
      ['sendInitialEvents', 'boolean'],
      ['timeoutSeconds', 'integer'],
      ['watch', 'boolean'],
    ],
  ],
]);

/** Every path of a kind with its operations, in the dialect of `definitions`, which collects what they refer to. */
export function pathsOf(
  kind: OpenApiKind,
  definitions: Definitions,
  dialect: Dialect,
  schema: SchemaSet,
): OpenApiObject {
  const paths: OpenApiObject = {};
  for (const endpoint of endpointsOf(kind, schema)) {
    const item: OpenApiObject = { parameters: pathParameters(endpoint.path, dialect) };
    for (const [method, verb] of endpoint.verbs)
      item[method] = operation(endpoint, method, verb, definitions, dialect, schema);
    paths[endpoint.path] = item;
  }
  return paths;
}

const collectionVerbs = [
  ['get', 'list'],
  ['post', 'create'],
  ['delete', 'deletecollection'],
] as const;
const itemVerbs = [
  ['get', 'get'],
  ['put', 'update'],
  ['post', 'create'],
  ['patch', 'patch'],
  ['delete', 'delete'],
] as const;

function endpointsOf(kind: OpenApiKind, schema: SchemaSet): Endpoint[] {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`;
  const collection = kind.namespaced ? `${root}/namespaces/{namespace}/${kind.resource}` : `${root}/${kind.resource}`;
  const listType = schema.document({ ...kind, kind: `${kind.kind}List` }) ?? kind.type;
  const own = { kind, gvk: { group: kind.group, version: kind.version, kind: kind.kind }, type: kind.type };
  const served = (pairs: readonly (readonly [string, string])[], verbs: readonly string[]): Map<string, string> =>
    new Map(pairs.filter(([, verb]) => verbs.includes(verb)));
  const itemPairs = itemVerbs.filter(([, verb]) => verb !== 'create');
  const endpoints: Endpoint[] = [
    { ...own, path: collection, verbs: served(collectionVerbs, kind.verbs) },
    { ...own, path: `${collection}/{name}`, verbs: served(itemPairs, kind.verbs) },
    ...kind.subresources.map((sub) => ({
      kind,
      path: `${collection}/{name}/${sub.name}`,
      verbs: served(itemVerbs, sub.verbs),
      gvk: sub.gvk,
      type: sub.type,
      subresource: sub.name,
    })),
  ];
  if (kind.namespaced) {
    endpoints.push({
      ...own,
      type: listType,
      path: `${root}/${kind.resource}`,
      verbs: served([['get', 'list']], kind.verbs),
    });
  }
  return endpoints.filter(({ verbs }) => verbs.size > 0);
}

function pathParameters(path: string, dialect: Dialect): OpenApiObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter(name as string, 'path', 'string', dialect));
}

function parameter(name: string, place: string, type: string, dialect: Dialect): OpenApiObject {
  const head = { name, in: place, ...(place === 'path' ? { required: true } : {}) };
  const schema = { type, uniqueItems: true };
  return dialect === 'v2' ? { ...head, ...schema } : { ...head, schema };
}

function operation(
  endpoint: Endpoint,
  method: string,
  verb: string,
  definitions: Definitions,
  dialect: Dialect,
  schema: SchemaSet,
): OpenApiObject {
  const { gvk } = endpoint;
  const answered = answerType(endpoint, verb, schema);
  const parameters = (queryParameters.get(verb === 'list' ? 'list' : method) ?? []).map(([name, type]) =>
    parameter(name, 'query', type, dialect),
  );
  const body = requestBody(endpoint, method, definitions, schema);
  const answer = definitions.refer(answered);
  return {
    tags: [`${gvk.group === '' ? 'core' : gvk.group.split('.')[0]}_${gvk.version}`],
    operationId: operationId(endpoint, verb),
    ...(dialect === 'v2' ? v2Body(parameters, body) : v3Body(parameters, body)),
    responses: {
      200:
        dialect === 'v2'
          ? { description: 'OK', schema: answer }
          : { description: 'OK', content: { 'application/json': { schema: answer } } },
    },
    'x-kubernetes-action': actions.get(verb) ?? verb,
    'x-kubernetes-group-version-kind': gvk,
  };
}

/** What Kubernetes calls the verbs here. */
const actions: ReadonlyMap<string, string> = new Map([
  ['create', 'post'],
  ['update', 'put'],
]);

function answerType({ kind, type }: Endpoint, verb: string, schema: SchemaSet): StructNode {
  const { group, version } = kind;
  if (verb === 'list') return schema.document({ group, version, kind: `${kind.kind}List` }) ?? type;
  const isDeletion = verb === 'delete' || verb === 'deletecollection';
  return isDeletion ? (schema.document({ group, version, kind: 'Status' }) ?? type) : type;
}

interface Body {
  types: readonly string[];
  schema: OpenApiObject;
}

function requestBody(
  endpoint: Endpoint,
  method: string,
  definitions: Definitions,
  schema: SchemaSet,
): Body | undefined {
  switch (method) {
    case 'post':
    case 'put':
      return { types: JSON_TYPES, schema: definitions.refer(endpoint.type) };
    case 'patch':
      // kubectl apply takes from here which kind of patch to send.
      return { types: patchTypesOf(endpoint.kind.type), schema: { type: 'object' } };
    case 'delete': {
      const options = schema.document({ ...endpoint.kind, kind: 'DeleteOptions' });
      return options === undefined ? undefined : { types: JSON_TYPES, schema: definitions.refer(options) };
    }
    default:
      return undefined;
  }
}

function v2Body(parameters: OpenApiObject[], body: Body | undefined): OpenApiObject {
  if (body === undefined) return { parameters };
  return { consumes: body.types, parameters: [...parameters, { name: 'body', in: 'body', schema: body.schema }] };
}

function v3Body(parameters: OpenApiObject[], body: Body | undefined): OpenApiObject {
  if (body === undefined) return { parameters };
  return {
    parameters,
    requestBody: { content: Object.fromEntries(body.types.map((type) => [type, { schema: body.schema }])) },
  };
}

/** As client generators name their functions: 'patchAppsV1NamespacedDeploymentStatus'. */
function operationId({ kind, path, subresource }: Endpoint, verb: string): string {
  const words = { update: 'replace', get: 'read', deletecollection: 'deleteCollection' } as const;
  const group = kind.group === '' ? 'core' : kind.group.split('.')[0];
  const isEverywhere = verb === 'list' && kind.namespaced && !path.includes('{namespace}');
  const scope = kind.namespaced && !isEverywhere ? 'Namespaced' : '';
  const parts = [group, kind.version, scope, kind.kind, subresource ?? '', isEverywhere ? 'ForAllNamespaces' : ''];
  return ((words as Record<string, string>)[verb] ?? verb) + parts.map((part) => capitalize(part ?? '')).join('');
}

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
