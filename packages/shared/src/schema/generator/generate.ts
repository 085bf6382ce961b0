import { buildFacts } from './build-facts.ts';
import { emitIndex, emitTable } from './emit-tables.ts';
import { emitTypes } from './emit-types.ts';
import { sourcePackages } from './packages.ts';
import { readSources } from './read-sources.ts';

/** Where Debian's golang-k8s-api-dev and golang-k8s-apimachinery-dev put the sources. */
export const defaultSources = '/usr/share/gocode/src/k8s.io';

/** File name -> text of everything under `generated/`. Throws when a source cannot be read with certainty. */
export function generate(sources: string): Map<string, string> {
  const facts = buildFacts(readSources(sources));
  const files = new Map<string, string>();
  for (const [index, source] of sourcePackages.entries()) {
    const table = facts[index];
    if (table !== undefined) files.set(`${source.file}.json`, emitTable(table));
  }
  files.set('packages.ts', emitIndex(sourcePackages));
  files.set('types.ts', emitTypes(facts));
  return files;
}
