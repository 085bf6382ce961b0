import { builtinKinds, Registry } from '@kubus/shared/registry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PathHandler } from '../http/index.ts';
import { ask } from '../http/testing/client.ts';
import { startFront, type TestFront } from '../http/testing/start-front.ts';
import { OpenApi } from './index.ts';

let front: TestFront;
beforeAll(async () => {
  let serve: PathHandler = async () => undefined;
  front = await startFront({ paths: { openapi: (call) => serve(call) } });
  const openapi = new OpenApi({ registry: () => new Registry(builtinKinds), version: 'v1.36.0' });
  serve = (call) => openapi.serve(call);
});
afterAll(() => front.stop());

it('indexes a document for each group version', async () => {
  const { json } = await ask(front, '/openapi/v3?timeout=32s');
  const url = json.paths['apis/apps/v1'].serverRelativeURL;
  expect(url).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]+$/);
  const document = (await ask(front, url)).json;
  expect(document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch).toBeDefined();
});

it('serves what was prepared without making it', async () => {
  let made = 0;
  const registry = new Registry(builtinKinds);
  const describe = () => {
    made++;
    return undefined;
  };
  const openapi = new OpenApi({ registry: () => registry, version: 'v1.36.0', describe });
  await openapi.prepare();
  expect(made).toBe(registry.groupVersions().length);
  const prepared = await startFront({ paths: { openapi: (call) => openapi.serve(call) } });
  const { json } = await ask(prepared, '/openapi/v3');
  for (const { serverRelativeURL } of Object.values<{ serverRelativeURL: string }>(json.paths))
    expect((await ask(prepared, serverRelativeURL)).code).toBe(200);
  expect(made).toBe(registry.groupVersions().length);
  await prepared.stop();
});

it.each([
  ...new Registry(builtinKinds).groupVersions().map((version) => version.apiVersion),
])('describes %s whole: everything that the document refers to is in it', async (apiVersion) => {
  const path = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
  const { text, json } = await ask(front, `/openapi/v3/${path}`);
  const refs = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? '');
  expect([...new Set(refs)].filter((name) => !Object.hasOwn(json.components.schemas, name))).toEqual([]);
});

it('lets a document with its hash be kept for ever, and leads from an old hash to the new one', async () => {
  const { json } = await ask(front, '/openapi/v3');
  const url: string = json.paths['api/v1'].serverRelativeURL;
  const current = await ask(front, url);
  expect(current.headers['cache-control']).toContain('immutable');
  expect((await ask(front, url, { headers: { 'if-none-match': String(current.headers.etag) } })).code).toBe(304);
  const old = await ask(front, '/openapi/v3/api/v1?hash=OLD');
  expect(old).toMatchObject({ code: 301, headers: { location: url } });
  expect((await ask(front, '/openapi/v3/api/v1')).headers['cache-control']).not.toContain('immutable');
});

it('gives version 2 as protobuf to those who ask for it so, and as JSON to others', async () => {
  const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
  const reply = await ask(front, '/openapi/v2', { headers: { accept } });
  expect(reply.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
  expect(reply.raw.subarray(0, 5)).toEqual(Buffer.from('\n\x032.0'));
  expect((await ask(front, '/openapi/v2')).json).toMatchObject({ swagger: '2.0' });
  expect((await ask(front, '/openapi/v2', { headers: { accept: 'text/html' } })).code).toBe(406);
});

it('finds no other documents', async () => {
  for (const path of ['/openapi', '/openapi/v4', '/openapi/v3/apis/none/v1', '/openapi/v2/x']) {
    expect((await ask(front, path)).code).toBe(404);
  }
});
