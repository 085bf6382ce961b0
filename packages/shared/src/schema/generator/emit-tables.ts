import type { PackageFacts } from '../facts.ts';
import type { SourcePackage } from './packages.ts';

const banner = '// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.\n';

/** A module per package: one type after the other, one field per line, so that differences between releases are readable. */
export function emitTable(facts: PackageFacts): string {
  const lines = [
    banner,
    "import type { PackageFacts } from '../facts.ts';\n",
    'export const facts: PackageFacts = {',
    `  name: '${facts.name}',`,
    `  group: '${facts.group}',`,
    `  version: '${facts.version}',`,
    '  types: {',
  ];
  for (const [name, { fields, ...rest }] of Object.entries(facts.types)) {
    const head = Object.entries(rest).map(([key, value]) => `${key}: ${JSON.stringify(value)}, `);
    lines.push(`    '${name}': { ${head.join('')}fields: [`);
    for (const field of fields) lines.push(`      { ${emitEntries(field)} },`);
    lines.push('    ] },');
  }
  lines.push('  },', '};', '');
  return lines.join('\n');
}

function emitEntries(value: object): string {
  return Object.entries(value)
    .map(([key, entry]) => `${key}: ${JSON.stringify(entry)}`)
    .join(', ');
}

/** The module that gathers all packages. */
export function emitIndex(packages: readonly SourcePackage[]): string {
  const identifiers = packages.map(({ file }) => file.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()));
  return [
    banner,
    ...packages.map(({ file }, index) => `import { facts as ${identifiers[index]} } from './${file}.ts';`),
    "import type { PackageFacts } from '../facts.ts';\n",
    `export const packages: readonly PackageFacts[] = [\n${identifiers.map((name) => `  ${name},`).join('\n')}\n];\n`,
  ].join('\n');
}
