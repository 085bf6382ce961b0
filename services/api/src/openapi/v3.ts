import type { GroupVersionResources, ServedResource, Subresource, Verb } from '@kubus/shared/registry';
import { builtinSchema, type SchemaSet } from '@kubus/shared/schema';
import { methodOf, type OperationFacts, operation } from './operations.ts';
import { SchemaCollector } from './schemas.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Bodies that every group version takes or gives. */
const commonTypes = [`${META}.Status`, `${META}.DeleteOptions`];

/** The OpenAPI v3 document of one group version: its paths, and the schemas of all that is sent over them. */
export function openApiV3(version: GroupVersionResources, schema: SchemaSet = builtinSchema): object {
  const collector = new SchemaCollector();
  for (const name of commonTypes) collector.add(schema.struct(name));
  const paths = new Map<string, Record<string, unknown>>();
  for (const resource of version.resources) addResource(paths, collector, schema, resource);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36' },
    paths: Object.fromEntries([...paths].sort(([a], [b]) => (a < b ? -1 : 1))),
    components: { schemas: { ...collector.finish(), [`${META}.Patch`]: { type: 'object' } } },
  };
}

type Paths = Map<string, Record<string, unknown>>;

function addResource(paths: Paths, collector: SchemaCollector, schema: SchemaSet, resource: ServedResource): void {
  const { group, version, kind } = resource;
  const own = { group, version, kind };
  const object = resource.served.schema;
  collector.add(schema.struct(object), [own]);
  const list = listSchema(collector, schema, resource);
  const add = (path: string, verbs: readonly Verb[], response: (verb: Verb) => string, scope: string): void => {
    for (const verb of verbs) {
      if (!resource.verbs.has(verb)) continue;
      const id = `${verb}${title(group)}${title(version)}${scope}${kind}`;
      addOperation(paths, path, { verb, kind: own, request: object, response: response(verb), id });
    }
  };
  const root = rootOf(resource);
  const items = resource.namespaced
    ? `${root}/namespaces/{namespace}/${resource.resource}`
    : `${root}/${resource.resource}`;
  const scope = resource.namespaced ? 'Namespaced' : '';
  const ofCollection = (verb: Verb): string => (verb === 'list' ? list : verb === 'create' ? object : `${META}.Status`);
  add(items, ['list', 'create', 'deletecollection'], ofCollection, scope);
  add(`${items}/{name}`, ['get', 'update', 'patch', 'delete'], () => object, scope);
  if (resource.namespaced) add(`${root}/${resource.resource}`, ['list'], () => list, 'AllNamespaces');
  for (const subresource of resource.subresources.values()) {
    addSubresource(paths, collector, schema, resource, `${items}/{name}/${subresource.name}`, subresource);
  }
}

function addSubresource(
  paths: Paths,
  collector: SchemaCollector,
  schema: SchemaSet,
  resource: ServedResource,
  path: string,
  subresource: Subresource,
): void {
  const body = subresource.type === 'connect' ? undefined : subresource.schema;
  if (body !== undefined) collector.add(schema.struct(body), [subresource.responds]);
  const name = body ?? `${META}.Status`;
  for (const verb of subresource.verbs) {
    const id = `${verb}${title(resource.group)}${title(resource.version)}${resource.kind}${title(subresource.name)}`;
    addOperation(paths, path, { verb, kind: subresource.responds, request: name, response: name, id });
  }
}

function addOperation(paths: Paths, path: string, facts: OperationFacts): void {
  const item = paths.get(path) ?? { parameters: pathParameters(path) };
  item[methodOf(facts.verb)] = operation(facts);
  paths.set(path, item);
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', uniqueItems: true },
  }));
}

/** The list of a kind, where it has one. */
function listSchema(collector: SchemaCollector, schema: SchemaSet, { group, version, kind }: ServedResource): string {
  const list = { group, version, kind: `${kind}List` };
  const node = schema.document(list);
  if (node === undefined) return `${META}.Status`;
  collector.add(node, [list]);
  return node.name;
}

function rootOf({ group, version }: ServedResource): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

function title(text: string): string {
  const name = text === '' ? 'core' : (text.split('.')[0] ?? text);
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
