import { readdirSync } from 'node:fs';
import { sweepAfterwards } from '../e2e/harness/sweeper.ts';
import { type Benchmark, format, record } from './harness.ts';

// npm run bench [-- name ...]: runs all benchmarks, or those named, one after the other on an otherwise quiet machine.
const available = readdirSync(new URL('.', import.meta.url))
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.slice(0, -'.bench.ts'.length));
const wanted = process.argv.length > 2 ? process.argv.slice(2) : available;
const say = (line: string) => void process.stdout.write(`${line}\n`);

sweepAfterwards();
for (const name of wanted) {
  if (!available.includes(name)) {
    process.stderr.write(`no benchmark '${name}'; there are: ${available.join(', ')}\n`);
    process.exit(2);
  }
  const { default: benchmark } = (await import(`./${name}.bench.ts`)) as { default: Benchmark };
  say(`\n== ${name}: ${benchmark.about}`);
  const figures = await benchmark.run((line) => say(`  . ${line}`));
  for (const figure of figures) say(format(figure));
  record(name, figures);
}
process.exit(0);
