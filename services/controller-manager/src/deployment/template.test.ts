import { describe, expect, it } from 'vitest';
import { newDeployment, newReplicaSet, templateOf } from '../common/testing/world.ts';
import type { PodTemplateSpec } from '../common/types.ts';
import { findNewReplicaSet, newReplicaSet as replicaSetFor, sameTemplate, templateHash } from './template.ts';

describe('the hash of a template', () => {
  it('does not change from release to release', () => {
    expect(templateHash(templateOf('web:1'), 0)).toBe('86c77d8db6');
    expect(templateHash(templateOf('web:1'), 1)).toBe('8484b57fd');
  });

  it('does not depend on the order of fields, nor on empty ones', () => {
    const reordered = {
      spec: { containers: [{ image: 'web:1', name: 'web', env: [] }] },
      metadata: templateOf('').metadata,
    };
    expect(templateHash(reordered, 0)).toBe(templateHash(templateOf('web:1'), 0));
  });

  it('is written as Kubernetes writes it', () => {
    expect(templateHash(templateOf('web:2'), 0)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  });
});

describe('templates', () => {
  const labeled = (labels: Record<string, string>): PodTemplateSpec => ({
    ...templateOf('web:1'),
    metadata: { labels },
  });

  it('are the same whatever the hash label', () => {
    expect(sameTemplate(labeled({ app: 'web', 'pod-template-hash': 'x' }), labeled({ app: 'web' }))).toBe(true);
    expect(sameTemplate(labeled({ app: 'web', tier: 'x' }), labeled({ app: 'web' }))).toBe(false);
  });

  it('are the same with what is null, empty or absent', () => {
    const empty = {
      ...templateOf('web:1'),
      metadata: { ...templateOf('').metadata, annotations: {}, creationTimestamp: null },
    };
    expect(sameTemplate(empty as unknown as PodTemplateSpec, templateOf('web:1'))).toBe(true);
  });

  it('differ by the order of lists and by names of the prototype', () => {
    const two = (names: string[]) => ({ spec: { containers: names.map((name) => ({ name })) } });
    expect(sameTemplate(two(['a', 'b']), two(['b', 'a']))).toBe(false);
    const odd = JSON.parse('{"spec":{"containers":[],"nodeSelector":{"__proto__":"x"}}}') as PodTemplateSpec;
    expect(sameTemplate(odd, { spec: { containers: [], nodeSelector: {} } })).toBe(false);
  });

  it('find the oldest of several ReplicaSets', () => {
    const at = (name: string, creationTimestamp: string) => {
      const base = newReplicaSet();
      return { ...base, metadata: { ...base.metadata, name, creationTimestamp } };
    };
    const younger = at('a', '2026-01-02T00:00:00Z');
    const older = at('b', '2026-01-01T00:00:00Z');
    expect(findNewReplicaSet(newDeployment(), [younger, older])).toBe(older);
    expect(findNewReplicaSet(newDeployment({ template: templateOf('web:2') }), [younger, older])).toBeUndefined();
  });
});

it('the name of a ReplicaSet is cut to 253 characters', () => {
  const deployment = newDeployment();
  deployment.metadata.name = 'a'.repeat(253);
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a', uid: 'u' };
  const { metadata } = replicaSetFor(deployment, ref, { replicas: 0, annotations: {} });
  expect(metadata.name).toHaveLength(253);
  expect(metadata.name.endsWith(`-${metadata.labels?.['pod-template-hash']}`)).toBe(true);
});
