import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxManifestBytes, parseManifest } from './manifest.ts';

const one = async (text: string) => (await parseManifest(text)).objects[0]?.object;
const messages = async (text: string) => (await parseManifest(text)).errors.map((error) => error.message);
const configMap = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n${data}`;

describe('a manifest', () => {
  it('is read as YAML with many documents, empty ones left out', async () => {
    const { objects, errors } = await parseManifest(
      `---\n${configMap('  a: b')}\n---\n# nothing\n---\n${configMap('  c: d').replace('x}', 'z, namespace: shop}')}`,
    );
    expect(errors).toEqual([]);
    expect(objects.map(({ name, namespace, kind, apiVersion }) => [name, namespace, kind, apiVersion])).toEqual([
      ['x', undefined, 'ConfigMap', 'v1'],
      ['z', 'shop', 'ConfigMap', 'v1'],
    ]);
  });

  it('is read as JSON too, and lists are unfolded', async () => {
    const item = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } };
    const { objects } = await parseManifest(
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item, { ...item, metadata: { name: 'y' } }] }),
    );
    expect(objects.map(({ name }) => name)).toEqual(['x', 'y']);
  });

  it('means by numbers and truth what kubectl means, and leaves times alone', async () => {
    expect(
      await one(configMap('  mode: 0644\n  yes: yes\n  time: 12:30:45\n  date: 2001-01-01\n  text: "0644"')),
    ).toMatchObject({
      data: { mode: 420, true: true, time: '12:30:45', date: '2001-01-01', text: '0644' },
    });
  });

  it('takes an empty namespace for none, and refuses one that is no text', async () => {
    const named = (namespace: string) => configMap('  a: b').replace('x}', `x, namespace: ${namespace}}`);
    const { objects, errors } = await parseManifest([named('7'), named('""'), named('shop')].join('\n---\n'));
    expect(objects.map(({ namespace }) => namespace)).toEqual([undefined, 'shop']);
    expect(errors).toMatchObject([{ document: 1, message: 'needs metadata.namespace' }]);
  });

  it('keeps __proto__ as data', async () => {
    const object = await one(configMap('  __proto__: polluted\n  constructor: c'));
    expect(JSON.stringify(object)).toContain('"__proto__":"polluted"');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('collects the errors of every document', async () => {
    const { objects, errors } = await parseManifest(
      `kind: ConfigMap\n---\na: [1\n---\n- 1\n---\n${configMap('  a: b')}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: 7}`,
    );
    expect(errors.map(({ document }) => document)).toEqual([1, 2, 3, 5]);
    expect(errors[0]?.message).toBe('needs apiVersion, metadata.name');
    expect(errors[0]?.causes?.map(({ field }) => field)).toEqual(['apiVersion', 'metadata.name']);
    expect(errors[3]?.message).toBe('needs metadata.name');
    expect(objects.map(({ document }) => document)).toEqual([4]);
  });

  it('refuses what is empty, too large, twice keyed or multiplied by aliases', async () => {
    expect(await messages('')).toEqual([expect.stringContaining('holds no objects')]);
    expect(await messages('# only a remark')).toEqual([expect.stringContaining('holds no objects')]);
    expect(await messages('a'.repeat(maxManifestBytes + 1))).toEqual([expect.stringContaining('larger than')]);
    expect(await messages('a: 1\na: 2')).toEqual(['line 2: key "a" already set in map']);
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[i]}`).join()}]`),
    ];
    expect(await messages(bomb.join('\n'))).toEqual([expect.stringContaining('alias')]);
  });

  it('survives nesting without end', async () => {
    expect((await parseManifest('['.repeat(10_000))).errors).toHaveLength(1);
    expect((await parseManifest(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`)).objects).toEqual([]);
  });

  it('never throws, and says of every text what it holds or why it cannot', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.string({ unit: fc.constantFrom('a', ':', ' ', '\n', '-', '&', '*', '[', '{', '"', '%', '!') }),
        ),
        async (text) => {
          const { objects, errors } = await parseManifest(text);
          expect(objects.length + errors.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 500 },
    );
  });
});
