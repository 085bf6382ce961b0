import { request } from 'node:https';
import { decodeProtobuf } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ask } from './testing/client.ts';
import { startFront, type TestFront } from './testing/start-front.ts';

let front: TestFront;
beforeAll(async () => {
  front = await startFront();
});
afterAll(() => front.stop());
beforeEach(() => front.pipeline.objects.clear());

const maps = '/api/v1/namespaces/default/configmaps';
const map = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { a: 'b' },
});
/** What client-go's typed clients send. */
const headers = { accept: 'application/vnd.kubernetes.protobuf,application/json' };

it('answers objects, lists and failures in protobuf to who would rather have it', async () => {
  front.pipeline.put(map('a'));
  const one = await ask(front, `${maps}/a`, { headers });
  expect(one.headers['content-type']).toBe('application/vnd.kubernetes.protobuf');
  expect(decodeProtobuf(one.raw)).toMatchObject({ ...map('a'), metadata: { name: 'a' } });
  const list = decodeProtobuf((await ask(front, maps, { headers })).raw);
  expect(list).toMatchObject({ kind: 'ConfigMapList', items: [{ metadata: { name: 'a' }, data: { a: 'b' } }] });
  const missing = await ask(front, `${maps}/none`, { headers });
  expect(missing.code).toBe(404);
  expect(decodeProtobuf(missing.raw)).toMatchObject({ kind: 'Status', reason: 'NotFound', code: 404 });
  const metadata = 'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
  const partial = await ask(front, `${maps}/a`, { headers: { accept: metadata } });
  expect(decodeProtobuf(partial.raw)).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } });
});

it('sends a watch as frames', async () => {
  const chunks: Buffer[] = [];
  const options = { ca: front.certificates.ca, headers: { ...headers, authorization: 'Bearer good' }, agent: false };
  const asked = request(`${front.url}${maps}?watch=true`, options);
  const type = await new Promise((resolve, reject) => {
    asked.on('error', reject).on('response', (response) => {
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
      resolve(response.headers['content-type']);
    });
    asked.end();
  });
  expect(type).toBe('application/vnd.kubernetes.protobuf;stream=watch');
  front.pipeline.put(map('a'));
  front.pipeline.put(map('a'));
  await eventually(() => {
    const frames = framesOf(Buffer.concat(chunks));
    expect(frames.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED']);
    expect(frames[1]?.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { a: 'b' } });
  });
  asked.destroy();
});

/** Types are shorter than 128 bytes, so their lengths are one byte. */
function framesOf(bytes: Buffer): { type: string; object: unknown }[] {
  const frames: { type: string; object: unknown }[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const body = bytes.subarray(at + 4, at + 4 + length);
    if (body.length < length) break;
    const type = body.subarray(2, 2 + (body[1] ?? 0)).toString();
    frames.push({ type, object: decodeProtobuf(body.subarray(body.indexOf('k8s\0'))) });
    at += 4 + length;
  }
  return frames;
}
