import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCertificates } from '../http/testing/certificates.ts';
import { AdminClient, type Event, type Reply } from '../testing/admin-client.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

interface Address {
  apiVersion: string;
  hostPort?: string;
  host?: string;
  port?: string;
}

let api: TestApi;
let admin: AdminClient;
let webhook: Server;

/** v1 says `hostPort`, v2 `host` and `port`. */
function convert({ hostPort, host, port, ...rest }: Address, apiVersion: string): Address {
  if (apiVersion.endsWith('/v1')) return { ...rest, apiVersion, hostPort: [host, port].filter(Boolean).join(':') };
  const [first = '', second] = (hostPort ?? '').split(':');
  return { ...rest, apiVersion, host: first, ...(second === undefined ? {} : { port: second }) };
}

beforeAll(async () => {
  const { ca, server } = await createCertificates([]);
  webhook = createServer({ key: server.key, cert: server.cert }, async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { uid, desiredAPIVersion, objects } = JSON.parse(text).request;
    const convertedObjects = objects.map((object: Address) => convert(object, desiredAPIVersion));
    const answer = { uid, result: { status: 'Success' }, convertedObjects };
    const body = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response: answer };
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

const send = (method: string, path: string, body?: object): Promise<Reply> =>
  admin.send(method, path, body === undefined ? '' : JSON.stringify(body));
const addresses = (version: string, selector = '') =>
  `/apis/stable.example.com/${version}/namespaces/default/addresses${selector && `?fieldSelector=${encodeURIComponent(selector)}`}`;

async function define(clientConfig: object): Promise<void> {
  const version = (name: string, fields: string[], more: object) => ({
    ...{ name, served: true, ...more },
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: Object.fromEntries(fields.map((field) => [field, { type: 'string' }])),
      },
    },
    selectableFields: fields.map((field) => ({ jsonPath: `.${field}` })),
  });
  const { code, body } = await send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'addresses.stable.example.com' },
    spec: {
      ...{ group: 'stable.example.com', scope: 'Namespaced', names: { plural: 'addresses', kind: 'Address' } },
      versions: [version('v1', ['hostPort'], { storage: true }), version('v2', ['host', 'port'], { storage: false })],
      conversion: { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1', 'v1beta1'] } },
    },
  });
  expect([code, body.message]).toEqual([201, undefined]);
  await eventually(async () => expect((await send('GET', addresses('v2'))).code).toBe(200));
}

const namesOf = async (version: string, selector: string) => {
  const { code, body } = await send('GET', addresses(version, selector));
  expect([code, body.message]).toEqual([200, undefined]);
  return body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
};

it('objects are selected by the fields of each version, in lists, watches and collections that are deleted', async () => {
  const from = (await send('GET', addresses('v2'))).body.metadata.resourceVersion;
  const values = { one: { host: 'host1', port: '80' }, two: { host: 'host1', port: '8080' }, three: { host: 'host2' } };
  for (const [name, fields] of Object.entries(values)) {
    const body = { apiVersion: 'stable.example.com/v2', kind: 'Address', metadata: { name }, ...fields };
    expect((await send('POST', addresses('v2'), body)).code).toBe(201);
  }
  expect(await namesOf('v2', 'host=host1')).toEqual(['one', 'two']);
  expect(await namesOf('v2', 'host=host1,port=80')).toEqual(['one']);
  expect(await namesOf('v1', 'hostPort=host1:80')).toEqual(['one']);
  expect(await namesOf('v1', 'hostPort=host1:8080')).toEqual(['two']);
  expect((await send('GET', addresses('v1', 'host=host1'))).code).toBe(400);

  expect((await send('DELETE', addresses('v2', 'host=host1,port=80'))).code).toBe(200);
  const two = addresses('v2').concat('/two');
  const moved = { ...(await send('GET', two)).body, host: 'host2' };
  expect((await send('PUT', two, moved)).code).toBe(200);
  expect(await namesOf('v2', 'host=host1')).toEqual([]);

  const seen = async (version: string, selector: string, count: number) => {
    const watch = `${addresses(version, selector)}&watch=true&resourceVersion=${from}`;
    const events = await admin.watch(watch, (all: readonly Event[]) => all.length === count);
    return events.map(({ type, object }) => `${type} ${object.metadata.name} ${object.apiVersion}`);
  };
  const [v1, v2] = ['stable.example.com/v1', 'stable.example.com/v2'];
  const first = (version: string) => [`ADDED one ${version}`, `DELETED one ${version}`];
  expect(await seen('v2', 'host=host1', 4)).toEqual([
    `ADDED one ${v2}`,
    `ADDED two ${v2}`,
    `DELETED one ${v2}`,
    `DELETED two ${v2}`,
  ]);
  expect(await seen('v2', 'host=host1,port=80', 2)).toEqual(first(v2 as string));
  expect(await seen('v1', 'hostPort=host1:80', 2)).toEqual(first(v1 as string));
});
