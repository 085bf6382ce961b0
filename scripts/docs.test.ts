import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { commonSettings } from '@kubus/shared/settings';
import { describe, expect, it } from 'vitest';
import { apiSettings } from '../services/api/src/settings.ts';
import { controllerManagerSettings } from '../services/controller-manager/src/settings.ts';
import { agentSettings } from '../services/node-agent/src/settings.ts';
import { schedulerSettings } from '../services/scheduler/src/settings.ts';

const root = resolve(import.meta.dirname, '..');
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
/** Pages that explain how the code works. */
const explanations = pages.filter((page) => /^docs\/(design|checklists)\//.test(page));
const read = (page: string) => readFileSync(join(root, page), 'utf8');

const sources = ['packages', 'services', 'e2e', 'bench', 'scripts'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs|lua|sh)$/.test(name) && !/(^|\/)node_modules\//.test(name))
    .map((name) => join(folder, name)),
);
/** Every word of the sources. */
const known = new Set(sources.flatMap((path) => read(path).match(/\w+/g) ?? []));
/** Names of other projects that the design speaks of and the sources do not use. */
const foreign = new Set(['moveToDelayed', 'skipVersionCheck']);

describe('a page of the documentation', () => {
  it.each(pages)('%s links only to what exists', (page) => {
    expect(targets(read(page)).filter((target) => !existsSync(resolve(root, dirname(page), target)))).toEqual([]);
  });

  it.each(pages)('%s links only to headings that exist', (page) => {
    expect(anchors(read(page)).filter(([target, anchor]) => !headings(page, target).includes(anchor))).toEqual([]);
  });

  it.each(pages)('%s names no line of a file, which the next change would move', (page) => {
    expect(targets(read(page)).filter((target) => /#L\d+$|:\d+$/.test(target))).toEqual([]);
  });

  it.each(pages)('%s names only files that exist', (page) => {
    expect(paths(read(page)).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it.each(pages)('%s names a file by the end of its path only where there is one', (page) => {
    expect(fileNames(read(page)).filter((name) => !sources.some((path) => `/${path}`.endsWith(`/${name}`)))).toEqual(
      [],
    );
  });

  it.each(explanations)('%s names only classes, functions and fields that the sources know', (page) => {
    expect(identifiers(read(page)).filter((name) => !known.has(name) && !foreign.has(name))).toEqual([]);
  });
});

/** Relative targets of Markdown links, without anchors. */
function targets(text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#(?!L\d).*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

/** Links to a heading: the page, empty for the same one, and the anchor. */
function anchors(text: string): [target: string, anchor: string][] {
  return [...text.matchAll(/\]\((?![a-z]+:)([^)#\s]*)#([^)\s]+)\)/g)].map(([, target = '', anchor = '']) => [
    target,
    anchor,
  ]);
}

/** The anchors of a page, made of its headings as GitHub makes them. */
function headings(from: string, target: string): string[] {
  const text = read(target === '' ? from : join(dirname(from), target));
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** Paths from the root in code spans; a placeholder in angle brackets or an ellipsis is no path. */
function paths(text: string): string[] {
  return [...text.matchAll(/`((?:services|packages|e2e|bench|scripts|examples)\/[^`\s]+)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => !/[<>*{}]|\.\.\./.test(path));
}

/** File names in code spans, with or without the folders before them. */
function fileNames(text: string): string[] {
  return [...text.matchAll(/`([\w./-]*\w\.(?:ts|mjs|lua|sh))`/g)].map(([, name = '']) => name);
}

/** Names in camel case in code spans. */
function identifiers(text: string): string[] {
  return [...text.matchAll(/`([a-z]+[A-Z]\w*|[A-Z]\w*[a-z]\w*)`/g)].map(([, name = '']) => name);
}

describe('the test titles that docs/compatibility.md cites', () => {
  const cited = [...read('docs/compatibility.md').matchAll(/`([^`]+\.test\.ts)`((?:,? _[^_]+_)+)/g)].flatMap(
    ([, path = '', titles = '']) => [...titles.matchAll(/_([^_]+)_/g)].map(([, title = '']) => ({ path, title })),
  );

  it('are there', () => expect(cited.length).toBeGreaterThan(20));

  it.each(cited)('$path: $title', ({ path, title }) => {
    expect(read(path).replaceAll("\\'", "'")).toContain(title);
  });
});

describe('docs/dependencies.md', () => {
  const manifests = ['package.json', ...['packages', 'services'].flatMap(manifestsIn)];

  it('names every package that is declared, and no other', () => {
    const declared = manifests.flatMap((path) => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(read(path)) as Manifest;
      return [...Object.keys(dependencies), ...Object.keys(devDependencies)];
    });
    const foreign = new Set(declared.filter((name) => !name.startsWith('@kubus/')));
    const rows = read('docs/dependencies.md').matchAll(/^\| ((?:`[^`]+`(?:, )?)+)/gm);
    const named = [...rows].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
    expect(named.sort()).toEqual([...foreign].sort());
  });
});

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

function manifestsIn(folder: string): string[] {
  return readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json'));
}

const services = new Map<string, { shape: Record<string, unknown> }>([
  ['api', apiSettings],
  ['scheduler', schedulerSettings],
  ['controller-manager', controllerManagerSettings],
  ['node-agent', agentSettings],
]);

describe('docs/settings.md', () => {
  it('names what every service reads', () => {
    expect(variables('Every service')).toEqual(Object.keys(commonSettings).sort());
  });

  it.each([...services])('names what %s reads beside that', (service, { shape }) => {
    const common = new Map<string, unknown>(Object.entries(commonSettings));
    const own = Object.entries(shape).filter(([name, schema]) => common.get(name) !== schema);
    expect(variables(service)).toEqual(own.map(([name]) => name).sort());
  });

  it('knows every service', () => {
    expect(readdirSync(join(root, 'services')).sort()).toEqual([...services.keys()].sort());
  });

  it('names every option of kubus up', () => {
    const source = read('packages/cli/src/commands/up.ts');
    const usage = /'kubus up ([^']+)'/.exec(source)?.[1] ?? '';
    const options = [...usage.matchAll(/--[a-z-]+/g)].map(([option]) => option);
    expect(firstColumn('kubus up')).toEqual(options.sort());
  });
});

const variables = (section: string) => firstColumn(section).filter((name) => /^[A-Z_]+$/.test(name));

/** Names in the first column of the tables below a heading, sorted. */
function firstColumn(heading: string): string[] {
  const section = read('docs/settings.md')
    .split(/^## /m)
    .find((text) => text.startsWith(`${heading}\n`));
  return [...(section ?? '').matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name).sort();
}
