// Plain JavaScript, for any Node.js from 18 on: brings the dependencies and, among them, the Node.js that everything else runs on.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideDescriptions } from './descriptions.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');

/** Installs what package-lock.json names, unless it is already there, and returns the path of Node.js 24. */
export function provideDependencies() {
  if (!isInstalled()) {
    process.stdout.write('Installing dependencies (npm ci) ...\n');
    const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: 'inherit',
    });
    if (npm.status !== 0) fail('npm ci failed; see above.');
  }
  provideDescriptions(root);
  const node = join(bin, 'node');
  if (existsSync(node) && versionOf(node) >= 24) return node;
  if (versionOf(process.execPath) >= 24) return process.execPath;
  return fail(
    'Kubus needs Node.js 24, and the npm package "node" did not bring it. Install Node.js 24 and run this again.',
  );
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function isInstalled() {
  const marker = join(root, 'node_modules', '.package-lock.json');
  return existsSync(marker) && statSync(marker).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

function versionOf(node) {
  const answer = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return answer.status === 0 ? Number.parseInt(answer.stdout.slice(1), 10) : 0;
}

/** Environment in which `node` is Node.js 24 and the tools of node_modules are on PATH. */
export function environment(node) {
  return { ...process.env, PATH: `${dirname(node)}:${bin}:${process.env.PATH}` };
}
