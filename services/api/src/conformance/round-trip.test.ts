import { builtinKinds } from '@kubus/shared/registry';
import {
  builtinSchema,
  decodeProtobuf,
  encodeProtobuf,
  hasProtobuf,
  type JsonObject,
  type StructNode,
} from '@kubus/shared/schema';
import { parseYaml, writeYaml } from '@kubus/shared/yaml';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdminClient, type Reply } from '../testing/admin-client.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';
import { grow } from './grow.ts';
import { type Row, rows } from './kinds.ts';
import { misnamed, richer, systemOwned, unsettled } from './richer.ts';

let api: TestApi;
let admin: AdminClient;
beforeAll(async () => {
  api = await startApi();
  admin = await AdminClient.connect(api);
  await send('POST', '/api/v1/namespaces', { metadata: { name: 'tried' } });
  await send('POST', '/api/v1/namespaces/tried/serviceaccounts', { metadata: { name: 'default' } });
  await send('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'tried' }, value: 7 });
  await send('POST', '/apis/node.k8s.io/v1/runtimeclasses', {
    metadata: { name: 'tried' },
    handler: 'x',
    overhead: { podFixed: { memory: '2' } },
  });
});
afterAll(async () => {
  admin?.close();
  await api?.stop();
});

const protobuf = 'application/vnd.kubernetes.protobuf';

async function send(method: string, path: string, object: object, type?: string): Promise<Reply['body']> {
  const { code, body } = await admin.send(method, path, JSON.stringify(object), type);
  expect(code, `${method} ${path} ${JSON.stringify(body)}`).toBeLessThan(300);
  return body;
}

function schemaOf({ kind, version }: Row): StructNode {
  const [, group = '', name] = /^(?:api|apis\/([^/]*))\/(.*)$/.exec(version) ?? [];
  const declared = builtinKinds
    .filter((one) => one.kind === kind)
    .flatMap(({ versions }) => versions)
    .find((one) => one.group === group && one.version === name);
  return builtinSchema.struct(String(declared?.schema));
}

/** The type without what is not to be grown: the metadata of an object is the test's. */
function without(node: StructNode, names: readonly string[]): StructNode {
  return { ...node, fields: new Map([...node.fields].filter(([name]) => !['metadata', ...names].includes(name))) };
}

function statusOf(row: Row): StructNode {
  const node = schemaOf(row);
  const status = node.fields.get('status');
  if (status?.node.kind !== 'struct') throw new Error(`${row.kind} has no status`);
  const settling = { ...status, node: without(status.node, unsettled[row.version] ?? []) };
  return { ...node, fields: new Map([['status', settling]]) };
}

const judge = (method: string, path: string) => async (object: JsonObject) => {
  const { code, body } = await admin.send(method, `${path}?dryRun=All`, JSON.stringify(object));
  if (code < 300) return [];
  expect(body, JSON.stringify(body)).toMatchObject({ code: 422, details: { causes: expect.any(Array) } });
  return body.details.causes;
};

/** What a write changes by itself. */
function settled({ metadata, ...object }: JsonObject): JsonObject {
  const { resourceVersion: _, managedFields: __, ...rest } = metadata as JsonObject;
  return { ...object, metadata: rest };
}

function remove(object: JsonObject, [first = '', ...rest]: string[]): void {
  if (rest.length === 0) delete object[first];
  else remove(object[first] as JsonObject, rest);
}

async function grown(row: Row, collection: string, name: string): Promise<JsonObject> {
  const { kind, version } = row;
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'x', uid: 'u', controller: true, blockOwnerDeletion: true };
  const metadata = {
    ...{ name, labels: { a: 'b' }, annotations: { c: 'd' }, ownerReferences: [owner] },
    ...(row.held !== true && { finalizers: ['example.com/held'] }),
  };
  const seed = { apiVersion: version.replace(/^apis?\//, ''), kind, metadata, ...row.body(1), ...richer(row) };
  const apart = [...(misnamed[version] ?? []), ...(row.status === undefined ? [] : ['status'])];
  const { object } = await grow(without(schemaOf(row), apart), seed as JsonObject, judge('POST', collection));
  return object;
}

/** Protobuf does not tell a list without elements from none, nor what kind claims in a StatefulSet are. */
const inProtobuf = (object: unknown): unknown =>
  JSON.parse(JSON.stringify(object), (key, value) => {
    if (Array.isArray(value) && value.length === 0) return undefined;
    if (key === 'volumeClaimTemplates')
      for (const one of value) for (const name of ['apiVersion', 'kind']) delete one[name];
    return value;
  });

/** In every form that is accepted, the answer is the object; written in every form, nothing changes. */
async function survivesForms(path: string, object: JsonObject): Promise<void> {
  const read = async (accept: string) => (await admin.bytes('GET', path, '', undefined, { accept })).body;
  expect(parseYaml((await read('application/yaml')).toString())).toEqual([{ value: object }]);
  const forms: [type: string, body: string | Buffer][] = [
    ['application/json', JSON.stringify(object)],
    ['application/yaml', writeYaml(object)],
  ];
  if (hasProtobuf(object)) {
    expect(inProtobuf(decodeProtobuf(await read(protobuf)))).toEqual(inProtobuf(object));
    forms.push([protobuf, encodeProtobuf(object)]);
  }
  for (const [type, body] of forms) {
    const { code, body: replaced } = await admin.send('PUT', path, body, type);
    expect(code, type).toBe(200);
    expect(type === protobuf ? inProtobuf(replaced) : replaced, type).toEqual(
      type === protobuf ? inProtobuf(object) : object,
    );
  }
  const { metadata: _, ...rest } = object;
  for (const type of ['application/merge-patch+json', 'application/strategic-merge-patch+json']) {
    expect(await send('PATCH', path, rest, type), type).toEqual(object);
  }
  const { managedFields: __, ...metadata } = object['metadata'] as JsonObject;
  const applied = await send(
    'PATCH',
    `${path}?fieldManager=it`,
    { ...object, metadata },
    'application/apply-patch+yaml',
  );
  expect(settled(applied)).toEqual(settled(object));
}

/** The object as it is once the api has looked at it. */
function whenChecked({ checked }: Row, path: string, created: Reply['body']): Reply['body'] | Promise<Reply['body']> {
  if (checked === undefined) return created;
  return eventually(async () => {
    const { body } = await admin.send('GET', path);
    expect(body).toMatchObject(checked);
    return body;
  });
}

it.each(
  rows.map((row) => [row.kind, row.version, row] as const),
)('every field of %s in %s that is taken survives create, get, watch, replace, patch and apply, in every form', async (kind, version, row) => {
  const collection = `/${version}${row.namespaced ? '/namespaces/tried' : ''}/${row.plural}`;
  const name = row.name?.(1) ?? 'full';
  const object = await grown(row, collection, name);
  const { resourceVersion } = (await admin.send('GET', collection)).body.metadata;
  const path = `${collection}/${name}`;
  const created = await whenChecked(row, path, await send('POST', collection, object));
  for (const field of systemOwned[kind] ?? []) remove(object, field.split('.'));
  expect(created).toMatchObject(object);
  const watch = `watch=true&resourceVersion=${resourceVersion}&fieldSelector=metadata.name%3D${name}`;
  const last = created.metadata.resourceVersion;
  const isLast = (events: readonly { object: Reply['body'] }[]) =>
    events.at(-1)?.object.metadata.resourceVersion === last;
  const seen = await admin.watch(`${collection}?${watch}`, isLast);
  expect(seen.at(-1)?.object).toEqual(created);
  expect((await admin.send('GET', path)).body).toEqual(created);
  await survivesForms(path, created);
  if (row.status === undefined || row.apart === true) return;

  const of = `${path}/status`;
  const current = (await admin.send('GET', of)).body;
  const { object: wanted } = await grow(
    statusOf(row),
    { ...current, status: { ...row.status, ...(row.checked as { status?: object } | undefined)?.status } },
    judge('PUT', of),
  );
  const written = await send('PUT', of, wanted);
  expect(written.status).toMatchObject(wanted['status'] as JsonObject);
  await survivesForms(of, written);
});

it.each(
  rows.map((row) => [row.kind, row.version, row] as const),
)('fields that %s in %s does not have are left out, warned of or refused', async (kind, version, row) => {
  const collection = `/${version}${row.namespaced ? '/namespaces/tried' : ''}/${row.plural}?dryRun=All`;
  const name = row.name?.(2) ?? 'unknown';
  const more = { notThere: { a: 1 }, metadata: { name, labels: { a: 'b' }, neither: true } };
  const object = JSON.stringify({ apiVersion: version.replace(/^apis?\//, ''), kind, ...row.body(2), ...more });
  for (const fieldValidation of ['Ignore', 'Warn']) {
    const { code, body } = await admin.send('POST', `${collection}&fieldValidation=${fieldValidation}`, object);
    expect(code, JSON.stringify(body)).toBe(201);
    expect([body.notThere, body.metadata.neither, body.metadata.labels]).toEqual([undefined, undefined, { a: 'b' }]);
  }
  const { code, body } = await admin.send('POST', `${collection}&fieldValidation=Strict`, object);
  expect(code).toBe(400);
  for (const field of ['notThere', 'metadata.neither']) expect(body.message).toContain(`unknown field "${field}"`);
});
