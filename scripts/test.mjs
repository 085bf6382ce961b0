// npm test: prepares what the tests need (servers, Docker Engine, kubectl, base images), then types, lint, all tests.
// `npm test -- unit` leaves out the end-to-end tests, `npm test -- e2e` runs only them.
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { environment, provideDependencies, root } from './dependencies.mjs';

const only = process.argv[2];
if (only !== undefined && only !== 'unit' && only !== 'e2e') {
  process.stderr.write(`npm test takes unit, e2e or nothing (all), not '${only}'\n`);
  process.exit(2);
}
const node = provideDependencies();
const testbed = process.env.KUBUS_TESTBED ?? join(homedir(), '.cache/kubus/testbed');
const sources = { KUBERNETES_SOURCES: process.env.KUBERNETES_SOURCES ?? join(testbed, 'k8s.io') };
const env = { ...environment(node), KUBUS_TESTBED: testbed, ...sources };
env.PATH = `${join(testbed, 'bin')}:${env.PATH}:/usr/sbin`;

const steps = [
  ['preparing the machine', 'bash', ['e2e/testbed/prepare.sh']],
  ['types', 'tsc', ['--noEmit', '-p', '.']],
  ['lint', 'biome', ['check', '.', '--diagnostic-level=error']],
  ['tests', 'vitest', ['run', ...(only === undefined ? [] : ['--project', only])]],
];

for (const [title, command, args] of steps) {
  const started = Date.now();
  process.stdout.write(`\n== ${title}\n`);
  const step = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env });
  if (step.status !== 0) {
    process.stderr.write(`== ${title}: failed\n`);
    process.exit(step.status ?? 1);
  }
  process.stdout.write(`== ${title}: done in ${Math.round((Date.now() - started) / 1000)} s\n`);
}
