import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PathHandler } from '../http/index.ts';
import { ask } from '../http/testing/client.ts';
import { startFront, type TestFront } from '../http/testing/start-front.ts';
import { OpenApi } from './index.ts';

let front: TestFront;
let built: string[] = [];
beforeAll(async () => {
  let serve: PathHandler = async () => undefined;
  front = await startFront({ paths: { openapi: (call) => serve(call) } });
  const openapi = new OpenApi({
    registry: () => front.pipeline.registry,
    builder: {
      v3: (version) => {
        built.push(version.apiVersion);
        return { openapi: '3.0.0', info: { version: version.apiVersion } };
      },
      v2: () => Buffer.from([1, 2, 3]),
    },
  });
  serve = (call) => openapi.serve(call);
});
afterAll(() => front.stop());
beforeEach(() => {
  built = [];
});

it('indexes a document for each group version, and builds each once', async () => {
  const { json } = await ask(front, '/openapi/v3?timeout=32s');
  const url = json.paths['api/v1'].serverRelativeURL;
  expect(url).toMatch(/^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{64}$/);
  expect((await ask(front, url)).json.info.version).toBe('v1');
  await ask(front, '/openapi/v3');
  expect(built).toContain('v1');
  expect(new Set(built).size).toBe(built.length);
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

it('gives version 2 as protobuf to those who ask for it so', async () => {
  const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
  const reply = await ask(front, '/openapi/v2', { headers: { accept } });
  expect([...reply.raw]).toEqual([1, 2, 3]);
  expect(reply.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
  expect((await ask(front, '/openapi/v2', { headers: { accept: 'application/json' } })).code).toBe(406);
});

it('finds no other documents', async () => {
  for (const path of ['/openapi', '/openapi/v4', '/openapi/v3/apis/none/v1', '/openapi/v2/x']) {
    expect((await ask(front, path)).code).toBe(404);
  }
});
