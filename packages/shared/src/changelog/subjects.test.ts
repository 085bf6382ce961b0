import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allChanges, changesOf, formatChangeSubject, parseChangeSubject } from './subjects.ts';

const cases = [
  [{ group: '', resource: 'pods', namespace: 'default', name: 'web-0' }, 'kubus.changes.core.pods.default.web-0'],
  [{ group: '', resource: 'nodes', namespace: '', name: 'ip-10.ec2' }, 'kubus.changes.core.nodes._.ip-10=2Eec2'],
  [
    { group: 'rbac.authorization.k8s.io', resource: 'clusterroles', namespace: '', name: 'system:node' },
    'kubus.changes.rbac=2Eauthorization=2Ek8s=2Eio.clusterroles._.system=3Anode',
  ],
  [{ group: 'core', resource: 'x', namespace: '_', name: '*' }, 'kubus.changes.=63=6F=72=65.x.=5F.=2A'],
  [{ group: 'a', resource: 'x', namespace: 'n', name: '> %é' }, 'kubus.changes.a.x.n.=3E=20=25=C3=A9'],
] as const;

it.each(cases)('writes and reads %j', (key, subject) => {
  expect(formatChangeSubject(key)).toBe(subject);
  expect(parseChangeSubject(subject)).toEqual(key);
});

it('names the changes of a resource', () => {
  expect(allChanges).toBe('kubus.changes.>');
  expect(changesOf({ group: 'apps', resource: 'deployments' })).toBe('kubus.changes.apps.deployments.>');
  expect(changesOf({ group: '', resource: 'pods' }, 'a.b')).toBe('kubus.changes.core.pods.a=2Eb.*');
  expect(changesOf({ group: '', resource: 'nodes' }, '')).toBe('kubus.changes.core.nodes._.*');
});

it('does not take other subjects for changes', () => {
  for (const subject of [
    'kubus.changes.core.pods.default',
    'kubus.api.core.pods.a.b',
    'kubus.changes.a.b.c.d.e',
    'kubus.changes.a.b.c.=zz',
  ])
    expect(parseChangeSubject(subject)).toBeUndefined();
});

it('gives back every key, in six tokens', () => {
  const text = fc.string({ minLength: 1, unit: 'grapheme' });
  const keys = fc.record({ group: fc.string({ unit: 'grapheme' }), resource: text, namespace: text, name: text });
  fc.assert(
    fc.property(keys, (key) => {
      const subject = formatChangeSubject(key);
      expect(subject).toMatch(/^[^\s*>]+$/);
      expect(subject.split('.')).toHaveLength(6);
      expect(parseChangeSubject(subject)).toEqual(key);
    }),
  );
});
