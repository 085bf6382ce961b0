import { describe, expect, it } from 'vitest';
import { builtinSchema } from '../schema/index.ts';
import { builtinKinds, type KindDeclaration, Registry } from './index.ts';

const registry = new Registry(builtinKinds);

describe('the registry', () => {
  it('finds a kind by each of its names', () => {
    const pods = registry.resource({ group: '', version: 'v1', resource: 'pods' });
    expect(pods).toBe(registry.kind({ group: '', version: 'v1', kind: 'Pod' }));
    expect(pods).toMatchObject({ apiVersion: 'v1', kind: 'Pod', namespaced: true });
    expect(registry.resource({ group: '', version: 'v2', resource: 'pods' })).toBeUndefined();
    expect(registry.resource({ group: '', version: 'v1', resource: '__proto__' })).toBeUndefined();
  });

  it('stores a kind that is served in two groups once', () => {
    const other = registry.resource({ group: 'events.k8s.io', version: 'v1', resource: 'events' });
    expect(other?.storage).toEqual({ group: '', resource: 'events' });
    expect(registry.stored({ group: '', resource: 'events' })?.apiVersion).toBe('v1');
    expect(registry.stored({ group: 'events.k8s.io', resource: 'events' })).toBeUndefined();
  });

  it('puts groups in the order in which clients prefer them', () => {
    const groups = [...new Set(registry.groupVersions().map(({ group }) => group))];
    const inOrder = [
      ...['', 'apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io'],
      ...['autoscaling', 'batch', 'certificates.k8s.io', 'networking.k8s.io', 'policy', 'rbac.authorization.k8s.io'],
      ...['storage.k8s.io', 'admissionregistration.k8s.io', 'apiextensions.k8s.io', 'scheduling.k8s.io'],
      ...['coordination.k8s.io', 'node.k8s.io', 'discovery.k8s.io', 'flowcontrol.apiserver.k8s.io', 'resource.k8s.io'],
      'metrics.k8s.io',
    ];
    expect(groups).toEqual(inOrder.filter((group) => groups.includes(group)));
    expect(groups.length).toBeGreaterThan(12);
  });

  it('refuses two declarations of one resource', () => {
    const [first] = builtinKinds as [KindDeclaration];
    expect(() => new Registry([first, first])).toThrow('declared twice');
  });
});

describe('every declaration', () => {
  const all = builtinKinds.map((declaration) => [declaration.kind, declaration] as const);

  it.each(all)('%s names types that the schema has', (_, { versions, subresources = [] }) => {
    for (const { schema } of [...versions, ...subresources]) expect(() => builtinSchema.struct(schema)).not.toThrow();
  });

  it.each(all)('%s prints as many cells as it has columns, whatever is missing', (kind, { table, versions }) => {
    const now = new Date('2026-01-01T00:00:00Z');
    const [{ group, version }] = versions;
    const bare = { apiVersion: `${group}/${version}`, kind, metadata: { name: 'x' }, roleRef: {} };
    if (table !== undefined) expect(table.cells(bare, now)).toHaveLength(table.columns.length);
  });

  it.each(all)('%s selects by its triggers', (_, { fields = {}, triggers = [] }) => {
    for (const trigger of triggers) expect(Object.keys(fields)).toContain(trigger);
  });

  it.each(all)('%s refuses an empty object with errors, not with an exception', (kind, { strategy, versions }) => {
    const [{ group, version }] = versions;
    const empty = () => ({ apiVersion: `${group}/${version}`, kind, metadata: { name: 'x', namespace: 'y' } });
    const object = empty();
    strategy?.setDefaults?.(object);
    expect(Array.isArray(strategy?.validate?.(object) ?? [])).toBe(true);
    expect(Array.isArray(strategy?.validateUpdate?.(object, empty()) ?? [])).toBe(true);
    expect(() => strategy?.footprint?.(object)).not.toThrow();
  });
});
