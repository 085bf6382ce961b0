import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createCertificates } from '../http/testing/certificates.ts';
import { AdminClient, type Reply } from '../testing/admin-client.ts';
import { redisText } from '../testing/at-rest.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

interface Box {
  apiVersion: string;
  metadata: Record<string, unknown>;
  spec: { size?: number; dimensions?: { size?: number } };
}

let api: TestApi;
let admin: AdminClient;
let webhook: Server;
let broken = false;

/** v1 says `spec.size`, v2 `spec.dimensions.size`; the webhook also tries to rename. */
function convert(box: Box, apiVersion: string): Box {
  const size = box.spec.size ?? box.spec.dimensions?.size ?? 0;
  const spec = apiVersion.endsWith('/v1') ? { size } : { dimensions: { size } };
  return { ...box, apiVersion, metadata: { ...box.metadata, finalizers: ['ignored'] }, spec };
}

beforeAll(async () => {
  const { ca, server } = await createCertificates([]);
  webhook = createServer({ key: server.key, cert: server.cert }, async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { uid, desiredAPIVersion, objects } = JSON.parse(text).request;
    const convertedObjects = objects.map((box: Box) => convert(box, desiredAPIVersion));
    const result = broken ? { status: 'Failure', message: 'not today' } : { status: 'Success' };
    const body = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'ConversionReview',
      response: { uid, result, convertedObjects },
    };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  api = await startApi();
  admin = await AdminClient.connect(api);
  const url = `https://127.0.0.1:${(webhook.address() as AddressInfo).port}/convert`;
  await define({ url, caBundle: Buffer.from(ca).toString('base64') });
});
afterAll(async () => {
  admin?.close();
  webhook?.close();
  await api?.stop();
});

const send = (method: string, path: string, body?: object, type?: string): Promise<Reply> =>
  admin.send(method, path, body === undefined ? '' : JSON.stringify(body), type);
const boxes = (version: string, name = '') =>
  `/apis/conv.example.com/${version}/namespaces/default/boxes${name && `/${name}`}`;

async function define(clientConfig: object): Promise<void> {
  const integer = { type: 'integer' };
  const schema = (spec: object) => ({
    openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: spec } } },
  });
  const dimensions = { type: 'object', properties: { size: { ...integer, maximum: 50 } } };
  const { code } = await send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'boxes.conv.example.com' },
    spec: {
      ...{ group: 'conv.example.com', scope: 'Namespaced', names: { plural: 'boxes', kind: 'Box' } },
      versions: [
        { name: 'v1', served: true, storage: false, schema: schema({ size: integer }) },
        { name: 'v2', served: true, storage: true, schema: schema({ dimensions }) },
      ],
      conversion: { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } },
    },
  });
  expect(code).toBe(201);
  await eventually(async () => expect((await send('GET', boxes('v2'))).code).toBe(200));
}

const box = (name: string, size: number) => ({
  apiVersion: 'conv.example.com/v1',
  kind: 'Box',
  metadata: { name },
  spec: { size },
});

it('writes in one version and reads in the other', async () => {
  const created = await send('POST', boxes('v1'), box('a', 1));
  expect(created).toMatchObject({ code: 201, body: { apiVersion: 'conv.example.com/v1', spec: { size: 1 } } });
  const second = await send('GET', boxes('v2', 'a'));
  expect(second.body).toMatchObject({ apiVersion: 'conv.example.com/v2', spec: { dimensions: { size: 1 } } });
  expect(second.body.metadata.finalizers).toBeUndefined();
  const patched = await send('PATCH', boxes('v1', 'a'), { spec: { size: 2 } }, 'application/merge-patch+json');
  expect(patched.body.spec).toEqual({ size: 2 });
  const applied = { ...box('a', 3), apiVersion: 'conv.example.com/v1' };
  const forced = await send(
    'PATCH',
    `${boxes('v1', 'a')}?fieldManager=me&force=true`,
    applied,
    'application/apply-patch+yaml',
  );
  expect(forced.body.spec).toEqual({ size: 3 });
  expect((await send('GET', boxes('v2', 'a'))).body.spec).toEqual({ dimensions: { size: 3 } });
});

it('checks what is stored', async () => {
  const { code, body } = await send('POST', boxes('v1'), box('big', 99));
  expect(code).toBe(422);
  expect(body.message).toContain('spec.dimensions.size in body should be less than or equal to 50');
});

it('lists and watches in the version that is asked for', async () => {
  await send('POST', boxes('v2'), {
    apiVersion: 'conv.example.com/v2',
    kind: 'Box',
    metadata: { name: 'b' },
    spec: { dimensions: { size: 7 } },
  });
  const { body } = await send('GET', boxes('v1'));
  expect(body.items.map(({ apiVersion, spec }: Box) => [apiVersion, spec])).toEqual([
    ['conv.example.com/v1', { size: 3 }],
    ['conv.example.com/v1', { size: 7 }],
  ]);
  const watching = api.kubectl.spawn(['get', 'boxes.v1.conv.example.com', '--watch', '-o', 'name']);
  onTestFinished(() => void watching.kill());
  let seen = '';
  watching.stdout?.on('data', (chunk) => (seen += chunk));
  await eventually(() => expect(seen).toBe('box.conv.example.com/a\nbox.conv.example.com/b\n'));
});

it('lists what is stored in one version and what is stored in another by now alike', async () => {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/boxes.conv.example.com';
  const stored = [true, false].map((value, i) => ({ op: 'replace', path: `/spec/versions/${i}/storage`, value }));
  const moved = await send('PATCH', path, stored, 'application/json-patch+json');
  expect(moved.body.status.storedVersions.toSorted()).toEqual(['v1', 'v2']);
  const versionsAtRest = async () => {
    const text = (await redisText(api, ':objects:boxes.conv.example.com')).replaceAll('\\', '');
    return ['v1', 'v2'].filter((version) => text.includes(`"kind":"Box","apiVersion":"conv.example.com/${version}"`));
  };
  let tries = 0;
  await eventually(async () => {
    tries += 1;
    expect((await send('POST', boxes('v1'), box(`c${tries}`, 9))).code).toBe(201);
    expect(await versionsAtRest()).toEqual(['v1', 'v2']);
  });
  const sizes = [3, 7, ...Array(tries).fill(9)];
  const ones = (await send('GET', boxes('v1'))).body.items;
  expect(ones.map(({ apiVersion, spec }: Box) => [apiVersion, spec])).toEqual(
    sizes.map((size) => ['conv.example.com/v1', { size }]),
  );
  const twos = (await send('GET', boxes('v2'))).body.items;
  expect(twos.map(({ apiVersion, spec }: Box) => [apiVersion, spec])).toEqual(
    sizes.map((size) => ['conv.example.com/v2', { dimensions: { size } }]),
  );
});

it('says why a conversion failed', async () => {
  broken = true;
  const { code, body } = await send('GET', boxes('v1', 'a'));
  broken = false;
  expect(code).toBe(500);
  expect(body.message).toBe(
    'Internal error occurred: conversion webhook for conv.example.com/v2, Kind=Box failed: not today',
  );
});
