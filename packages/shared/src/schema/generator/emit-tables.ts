import type { PackageFacts } from '../facts.ts';
import type { SourcePackage } from './packages.ts';

const banner = '// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.\n';

/**
 * A JSON file per package (they load ten times as fast as modules do): one type after the other, one field per line, so that differences between
 * releases are readable.
 */
export function emitTable({ name, group, version, types }: PackageFacts): string {
  const head = JSON.stringify({ name, group, version }).slice(0, -1);
  const entries = Object.entries(types).map(([type, { fields, ...rest }]) => {
    const start = JSON.stringify(rest).slice(0, -1);
    const lines = fields.map((field) => `\n${JSON.stringify(field)}`);
    return `\n${JSON.stringify(type)}:${start}${start === '{' ? '' : ','}"fields":[${lines.join(',')}]}`;
  });
  return `${head},"types":{${entries.join(',')}}}\n`;
}

/** The module that gathers all packages. */
export function emitIndex(packages: readonly SourcePackage[]): string {
  const identifiers = packages.map(({ file }) => file.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()));
  return [
    banner,
    "import type { PackageFacts } from '../facts.ts';",
    ...packages.map(({ file }, i) => `import ${identifiers[i]} from './${file}.json' with { type: 'json' };`),
    `\nexport const packages = [\n${identifiers.map((name) => `  ${name},`).join('\n')}\n] as unknown as readonly PackageFacts[];\n`,
  ].join('\n');
}
