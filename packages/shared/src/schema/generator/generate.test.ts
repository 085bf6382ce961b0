import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FieldFacts } from '../facts.ts';
import { scalarTypes } from '../facts.ts';
import { packages } from '../generated/packages.ts';
import { defaultSources, generate } from './generate.ts';

const sources = process.env['KUBERNETES_SOURCES'] ?? defaultSources;
const generated = join(import.meta.dirname, '../generated');
const types = new Map(packages.flatMap((facts) => Object.entries(facts.types)));
const fields = [...types].flatMap(([type, facts]) =>
  facts.fields.map((field) => [`${type}.${field.name}`, field] as const),
);
const failing = (fails: (field: FieldFacts) => boolean): string[] =>
  fields.filter(([, field]) => fails(field)).map(([name]) => name);

describe.runIf(existsSync(sources))('the committed tables, beside the Kubernetes sources', () => {
  it('are what the generator makes of them', () => {
    const fresh = generate(sources);
    expect(readdirSync(generated).sort()).toEqual([...fresh.keys()].sort());
    for (const [name, text] of fresh) expect(readFileSync(join(generated, name), 'utf8'), name).toBe(text);
  });
});

describe('the committed tables', () => {
  it('refer only to types that they hold', () => {
    const known = new Set<string>([...scalarTypes, ...types.keys()]);
    expect(failing(({ type }) => !known.has(type))).toEqual([]);
  });

  it('use each protobuf number and each JSON name once in a type', () => {
    const twice = [...types].filter(([, facts]) => {
      const numbers = facts.fields.flatMap(({ number }) => number ?? []);
      const names = new Set(facts.fields.map(({ name }) => name));
      return new Set(numbers).size !== numbers.length || names.size !== facts.fields.length;
    });
    expect(twice.map(([name]) => name)).toEqual([]);
  });

  it('give every keyed list keys that its elements have', () => {
    const hasField = (type: string, key: string): boolean =>
      types.get(type)?.fields.some((field) => field.name === key || (field.inline && hasField(field.type, key))) ??
      false;
    expect(failing(({ type, listMapKeys }) => listMapKeys?.some((key) => !hasField(type, key)) ?? false)).toEqual([]);
    expect(failing(({ type, patchMergeKey: key }) => key !== undefined && !hasField(type, key))).toEqual([]);
    expect(failing(({ listType, listMapKeys }) => (listType === 'map') !== (listMapKeys !== undefined))).toEqual([]);
  });

  it('hold well-known facts', () => {
    const field = (type: string, name: string) => types.get(type)?.fields.find((candidate) => candidate.name === name);
    expect(field('io.k8s.api.core.v1.PodSpec', 'volumes')).toEqual({
      name: 'volumes',
      number: 1,
      type: 'io.k8s.api.core.v1.Volume',
      list: true,
      omitempty: true,
      patchStrategy: 'merge,retainKeys',
      patchMergeKey: 'name',
      listType: 'map',
      listMapKeys: ['name'],
    });
    expect(field('io.k8s.api.core.v1.ContainerPort', 'protocol')?.default).toBe('TCP');
    expect(field('io.k8s.api.apps.v1.DeploymentSpec', 'replicas')).toMatchObject({ type: 'int32', pointer: true });
    expect(field('io.k8s.api.policy.v1.PodDisruptionBudgetSpec', 'selector')?.patchStrategy).toBe('replace');
    expect(types.get('io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector')?.structType).toBe('atomic');
    expect(types.get('io.k8s.api.authentication.v1.ExtraValue')?.list).toBe(true);
  });
});
