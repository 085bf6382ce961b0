#!/usr/bin/env node
// The TypeScript sources run directly on Node.js 24; where `node` is older, the one of the npm package "node" takes over.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const installed = ['../../../node_modules/nats', '../../../../nats'].some((path) =>
  existsSync(fileURLToPath(new URL(path, import.meta.url))),
);
if (!installed) {
  process.stderr.write('kubus: its dependencies are not installed; run `npm start` once, or `npm ci`.\n');
  process.exit(1);
}
if (Number.parseInt(process.versions.node, 10) >= 24) {
  await import(main);
} else {
  const own = ['../../../node_modules/.bin/node', '../../../../.bin/node']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find(existsSync);
  if (own === undefined) {
    process.stderr.write('kubus needs Node.js 24; run `npm start` once, or install it.\n');
    process.exit(1);
  }
  process.exit(spawnSync(own, [main, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1);
}
