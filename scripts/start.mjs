// npm start: dependencies first, then `kubus up` on Node.js 24 with the arguments given.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { environment, provideDependencies, root } from './dependencies.mjs';

const node = provideDependencies();
const up = spawn(node, [join(root, 'packages/cli/src/main.ts'), 'up', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: environment(node),
});
// A Ctrl-C in a terminal, and its end, reach `kubus up` by themselves; here it is only waited for.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
process.on('SIGTERM', () => up.kill('SIGTERM'));
up.on('exit', (code) => process.exit(code ?? 1));
