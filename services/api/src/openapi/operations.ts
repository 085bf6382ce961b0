import type { GroupVersionKind } from '@kubus/shared/object';
import type { Verb } from '@kubus/shared/registry';
import { type OpenApiSchema, refTo } from './schemas.ts';

/** One operation on one path. */
export interface OperationFacts {
  verb: Verb;
  kind: GroupVersionKind;
  /** Schema names of what is sent and of what comes back. */
  request: string;
  response: string;
  /** Unique among operations: verb, version, scope and resource. */
  id: string;
}

const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';

const methods: Readonly<Record<Verb, string>> = {
  get: 'get',
  list: 'get',
  watch: 'get',
  create: 'post',
  update: 'put',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'delete',
};

/** What upstream calls the verbs in `x-kubernetes-action`. */
const actions: ReadonlyMap<Verb, string> = new Map([
  ['create', 'post'],
  ['update', 'put'],
]);

const patchTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
] as const;

const text = { type: 'string', uniqueItems: true };
const flag = { type: 'boolean', uniqueItems: true };
const count = { type: 'integer', uniqueItems: true };

const query = (parameters: Readonly<Record<string, OpenApiSchema>>): object[] =>
  Object.entries(parameters).map(([name, schema]) => ({ name, in: 'query', schema }));

const writeParameters = query({ dryRun: text, fieldManager: text, fieldValidation: text });
const deleteParameters = query({
  dryRun: text,
  gracePeriodSeconds: count,
  orphanDependents: flag,
  propagationPolicy: text,
});
const listParameters = query({
  allowWatchBookmarks: flag,
  continue: text,
  fieldSelector: text,
  labelSelector: text,
  limit: count,
  resourceVersion: text,
  resourceVersionMatch: text,
  sendInitialEvents: flag,
  timeoutSeconds: count,
  watch: flag,
});

/** Parameters of each operation itself: kubectl looks for `fieldValidation` there and nowhere else. */
const parameters: Readonly<Record<Verb, object[]>> = {
  get: [],
  list: listParameters,
  watch: listParameters,
  create: writeParameters,
  update: writeParameters,
  patch: [...writeParameters, ...query({ force: flag })],
  delete: deleteParameters,
  deletecollection: [...deleteParameters, ...listParameters],
};

export function methodOf(verb: Verb): string {
  return methods[verb];
}

export function operation({ verb, kind, request, response, id }: OperationFacts): object {
  const content = (name: string, types: readonly string[] = ['application/json']): object =>
    Object.fromEntries(types.map((type) => [type, { schema: refTo(name) }]));
  return {
    tags: [`${kind.group === '' ? 'core' : kind.group.split('.')[0]}_${kind.version}`],
    operationId: id,
    parameters: parameters[verb],
    ...requestBody(verb, request, content),
    responses: {
      200: { description: 'OK', content: content(response) },
      ...(verb === 'create' || verb === 'update' || verb === 'patch'
        ? { 201: { description: 'Created', content: content(response) } }
        : {}),
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': actions.get(verb) ?? verb,
    'x-kubernetes-group-version-kind': { group: kind.group, kind: kind.kind, version: kind.version },
  };
}

type Content = (name: string, types?: readonly string[]) => object;

function requestBody(verb: Verb, request: string, content: Content): object {
  if (verb === 'create' || verb === 'update') return { requestBody: { content: content(request), required: true } };
  if (verb === 'patch') {
    const patch = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch';
    return { requestBody: { content: content(patch, patchTypes), required: true } };
  }
  return verb === 'delete' || verb === 'deletecollection' ? { requestBody: { content: content(DELETE_OPTIONS) } } : {};
}
