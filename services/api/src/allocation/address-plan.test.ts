import type { IPAddress, Service } from '@kubus/shared/schema';
import { expect, it } from 'vitest';
import { missing, orphans } from './address-plan.ts';

const made = '2026-05-06T07:08:09Z';
const later = Date.parse(made) + 60_000;
const service = (name: string, ...clusterIPs: string[]): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { clusterIPs, clusterIP: clusterIPs[0] ?? 'None' },
});
const address = (ip: string, parent: string, more: object = {}): IPAddress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IPAddress',
  metadata: {
    name: ip,
    creationTimestamp: made,
    labels: { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' },
    ...more,
  },
  spec: { parentRef: { resource: 'services', namespace: 'shop', name: parent } },
});
const web = service('web', '10.0.0.1', 'fd00::1');
const known = (_: string, name: string) => (name === 'web' ? web : undefined);

it('every address of a service has an IPAddress, a headless service has none', () => {
  const found = missing([web, service('headless', 'None')], (ip) => ip === '10.0.0.1');
  expect(found).toEqual([{ service: web, ip: 'fd00::1' }]);
});

it.each([
  ['of its service', address('10.0.0.1', 'web'), later, false],
  ['of a service that is not there', address('10.0.0.1', 'gone'), later, true],
  ['that its service does not have', address('10.0.0.9', 'web'), later, true],
  ['that is new', address('10.0.0.9', 'web'), later - 1, false],
  ['that somebody else keeps', address('10.0.0.9', 'web', { labels: {} }), later, false],
] as const)('an IPAddress %s is an orphan or not', (_, object, now, isOrphan) => {
  expect(orphans([object], known, now)).toEqual(isOrphan ? [object] : []);
});
