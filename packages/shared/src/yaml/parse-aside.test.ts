import { expect, it } from 'vitest';
import { parseYamlAside } from './parse-aside.ts';

const long = (lines: number) => Array.from({ length: lines }, (_, i) => `key${i}: value ${i}`).join('\n');

it('reads long text on a thread of its own, like short text', async () => {
  const [document] = await parseYamlAside(`mode: 0644\n__proto__: data\n${long(3_000)}\n---\na: [1`, {
    timeoutMs: 30_000,
  });
  expect(document).toMatchObject({ value: { mode: 420, key2999: 'value 2999' } });
  expect(JSON.stringify(document)).toContain('"__proto__":"data"');
});

it('reads long JSON at once', async () => {
  const value = { data: 'x'.repeat(100_000) };
  expect(await parseYamlAside(JSON.stringify(value))).toEqual([{ value }]);
});

it('gives up text that takes too long, and stays responsive meanwhile', async () => {
  const parsing = parseYamlAside('['.repeat(1_000_000), { timeoutMs: 500 });
  let turns = 0;
  const ticking = setInterval(() => turns++, 5);
  expect(await parsing).toEqual([{ error: 'cannot be read within 500 ms' }]);
  clearInterval(ticking);
  expect(turns).toBeGreaterThan(10);
});

it('finds a key that stands twice among many without comparing each with each', async () => {
  const [document] = await parseYamlAside(`${long(20_000)}\nkey7: again`, { timeoutMs: 30_000 });
  expect(document).toEqual({ error: 'line 20001: key "key7" already set in map' });
});
