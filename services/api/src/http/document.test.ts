import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { documentOf, sendDocument } from './document.ts';
import { ask } from './testing/client.ts';
import { startFront, type TestFront } from './testing/start-front.ts';

const text = JSON.stringify({ words: 'over and over '.repeat(20_000) });
const document = documentOf('application/json', text);
let front: TestFront;
beforeAll(async () => {
  front = await startFront({
    paths: { openapi: ({ request, response }) => sendDocument(request, response, document) },
  });
});
afterAll(() => front.stop());

it('a document is packed once for all who take gzip, and has one tag in either form', async () => {
  const answers = await Promise.all(
    ['gzip', 'gzip', 'identity'].map((encoding) =>
      ask(front, '/openapi/x', { headers: { 'accept-encoding': encoding } }),
    ),
  );
  expect(answers.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', 'gzip', undefined]);
  expect(answers.map(({ headers }) => headers.etag)).toEqual(Array(3).fill(document.etag));
  expect(document.packed()).toBe(document.packed());
  expect(gunzipSync(await document.packed()).toString()).toBe(text);
});
