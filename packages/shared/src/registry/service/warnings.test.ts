import { expect, it } from 'vitest';
import { serviceWarnings } from './validate.ts';

const warningsOf = (spec: object, annotations?: Record<string, string>) =>
  serviceWarnings({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'a', ...(annotations && { annotations }) },
    spec,
  });

it.each([
  ['nothing', { type: 'ClusterIP', clusterIP: '10.96.0.7', sessionAffinity: 'None' }, []],
  [
    'addresses of others',
    { type: 'ClusterIP', externalIPs: ['192.0.2.1'] },
    ['spec.externalIPs is deprecated and may no longer be implemented in some clusters'],
  ],
  [
    'addresses of others that nothing has',
    { type: 'ExternalName', externalName: 'a.example', externalIPs: ['192.0.2.1'] },
    ['spec.externalIPs is ignored when spec.type is "ExternalName"'],
  ],
  [
    'another name without the type for it',
    { type: 'ClusterIP', externalName: 'a.example' },
    ['spec.externalName is ignored when spec.type is not "ExternalName"'],
  ],
])('a service with %s warns of what is of no use', (_, spec, expected) => {
  expect(warningsOf(spec)).toEqual(expected);
});

it('a headless service warns of what it cannot have, once', () => {
  const spec = {
    type: 'ClusterIP',
    clusterIP: 'None',
    clusterIPs: ['None'],
    sessionAffinity: 'ClientIP',
    externalIPs: ['192.0.2.1'],
  };
  expect(warningsOf(spec).map((text) => text.split(' ')[0])).toEqual(['spec.externalIPs', 'spec.SessionAffinity']);
});

it('an annotation of old is named with the one that took its place', () => {
  expect(warningsOf({ type: 'ClusterIP' }, { 'service.kubernetes.io/topology-aware-hints': 'auto' })).toEqual([
    expect.stringContaining('please use service.kubernetes.io/topology-mode instead'),
  ]);
});
