import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient } from './testing/admin-client.ts';
import { expectAnswer } from './testing/fuzz.ts';
import { startApi, type TestApi } from './testing/start-api.ts';

// Bodies as texts: what JSON.stringify would never write, and what YAML has beyond JSON.

let api: TestApi;
let client: AdminClient;
beforeAll(async () => {
  api = await startApi();
  client = await AdminClient.connect(api);
});
afterAll(async () => {
  client?.close();
  await api?.stop();
});

const path = '/api/v1/namespaces/default/configmaps';
const types = fc.constantFrom('application/json', 'application/yaml');

/** A text cut out of the middle of another, doubled, or with something put in. */
const edit = fc.record({
  at: fc.nat({ max: 400 }),
  length: fc.nat({ max: 12 }),
  put: fc.oneof(
    fc.constantFrom(
      ...['"', '\\', '\\u0000', '\\ud800', '\\udc00\\ud800', '\u0000', '\ud800', '9007199254740993', '1e400', '-0'],
      ...['"__proto__":{"polluted":1},', '"a":1,"a":2,', '{', '}', '[', ']', ',', ':', '\n', '\t', '\r', '\ufeff'],
      ...[
        '&a ',
        '*a',
        '<<: *a\n',
        '!!binary ',
        '!!js/function ',
        '%YAML 1.1\n---\n',
        '---\n',
        '...\n',
        '? ',
        '| \n',
        '# ',
      ],
      ...['null', 'true', '0x1f', '0o17', '.inf', '.nan', '2001-01-01', '~', 'y', '12:30:45'],
    ),
    fc.string({ unit: 'binary', maxLength: 6 }),
  ),
});
const texts = fc.constantFrom(
  JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fuzz', labels: { a: 'b' }, annotations: { c: 'd' } } },
    ...{ data: { key: 'value', other: '1' }, binaryData: { bytes: 'AAEC' }, immutable: false },
  }),
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: fuzz\n  labels: &a {a: b}\n  annotations: *a\ndata:\n  key: |\n    value\n  other: "1"\n',
);

describe('a body', () => {
  it('of any text is judged, whatever it is said to be', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.array(edit, { minLength: 1, maxLength: 3 }), types, async (text, edits, type) => {
        const body = edits.reduce(edited, text);
        expectAnswer(await client.send('POST', `${path}?dryRun=All`, body, type), `${type} ${JSON.stringify(body)}`);
      }),
      { numRuns: 700 },
    );
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('of bytes that are no UTF-8 is judged', async () => {
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.nat({ max: 200 }),
        fc.integer({ min: 128, max: 255 }),
        types,
        async (text, at, byte, type) => {
          const body = Buffer.from(text);
          body[at % body.length] = byte;
          expectAnswer(
            await client.send('POST', `${path}?dryRun=All`, body, type),
            `${type} ${body.toString('latin1')}`,
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('brings every text that JSON can write back as it was', async () => {
    const name = fc.stringMatching(/^[-._a-zA-Z0-9]{1,20}$/).filter((key) => key !== '.' && !key.startsWith('..'));
    const data = fc.array(
      fc.tuple(fc.oneof(name, fc.constantFrom('__proto__', 'constructor', '0')), fc.string({ unit: 'grapheme' })),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(data, async (entries) => {
        const unique = [...new Map(entries)];
        const members = unique.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`);
        const body = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"fuzz"},"data":{${members}}}`;
        const answer = await client.send('POST', `${path}?dryRun=All`, body);
        expect(answer.code, body).toBe(201);
        expect(Object.entries(answer.body.data ?? {}).sort(), body).toEqual(unique.sort());
      }),
      { numRuns: 200 },
    );
  });
});

function edited(text: string, { at, length, put }: { at: number; length: number; put: string }): string {
  const place = at % (text.length + 1);
  return text.slice(0, place) + put + text.slice(place + length);
}
