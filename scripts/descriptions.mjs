// Plain JavaScript, for any Node.js from 18 on: takes the descriptions of types and fields, which are Kubernetes' text, from the installed
// @kubernetes/client-node, and puts them where `kubectl explain` gets them from. Nothing of it is part of the project.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const project = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where the api looks for them. */
export const descriptionsFile = (root = project) => join(root, 'node_modules/.cache/kubus/descriptions.json');

/** `{ V1Pod: { '': text, spec: text, ... }, ... }`, by the names that client-node gives to types. Does nothing where client-node is not installed. */
export function generateDescriptions(root = project) {
  const models = join(root, 'node_modules/@kubernetes/client-node/dist/gen/models');
  if (!existsSync(models)) return false;
  const types = {};
  for (const file of readdirSync(models)) {
    if (!/^V\d|^[A-Z][a-z]+V\d/.test(file) || !file.endsWith('.d.ts')) continue;
    types[file.slice(0, -'.d.ts'.length)] = describeModel(readFileSync(join(models, file), 'utf8'));
  }
  const target = descriptionsFile(root);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(`${target}.new`, JSON.stringify(types));
  renameSync(`${target}.new`, target);
  return true;
}

/** Generates them where they are missing. */
export function provideDescriptions(root = project) {
  return existsSync(descriptionsFile(root)) || generateDescriptions(root);
}

/** What Kubernetes says of fields that refer to these types: client-node leaves out what it says of a reference. */
const conventions = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';
const metadata = new Map([
  ['V1ObjectMeta', `Standard object's metadata. More info: ${conventions}#metadata`],
  ['V1ListMeta', `Standard list metadata. More info: ${conventions}#types-kinds`],
]);

const documented = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:export declare class (\w+)|'([^']+)'\??:)/g;

function describeModel(source) {
  const texts = {};
  for (const [, comment, type, field] of source.matchAll(documented)) {
    const text = comment
      .split('\n')
      .map((line) => line.replace(/^\s*\*? ?/, ''))
      .join('\n')
      .replaceAll("\\'", "'")
      .trim();
    texts[type === undefined ? field.replace(/^_/, '') : ''] = text;
  }
  const meta = metadata.get(/'metadata'\??: (\w+);/.exec(source)?.[1]);
  if (meta !== undefined) texts.metadata ??= meta;
  return texts;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (!generateDescriptions()) process.stderr.write('@kubernetes/client-node is not installed: no descriptions\n');
}
