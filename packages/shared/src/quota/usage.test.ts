import { expect, it } from 'vitest';
import type { KubeObject } from '../object/index.ts';
import { countsFor, usageOf } from './index.ts';

const services = { group: '', resource: 'services' };
const ports = [{ port: 1, nodePort: 30_001 }, { port: 2 }, { port: 3 }];
const used = (spec: object) =>
  Object.fromEntries(
    usageOf(services, { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec } as KubeObject, 0),
  );

it('counts the node ports that a service holds, whatever gives them to it', () => {
  const one = { 'count/services': '1', services: '1' };
  expect(used({ type: 'ClusterIP', ports })).toEqual(one);
  expect(used({ type: 'NodePort', ports })).toEqual({ ...one, 'services.nodeports': '3' });
  const balanced = { ...one, 'services.loadbalancers': '1' };
  expect(used({ type: 'LoadBalancer', ports })).toEqual({ ...balanced, 'services.nodeports': '3' });
  const asked = { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports };
  expect(used(asked)).toEqual({ ...balanced, 'services.nodeports': '1' });
});

it('counts the devices that a claim may take of each class, whichever alternatives it is given', () => {
  const claims = { group: 'resource.k8s.io', resource: 'resourceclaims' };
  const of = (deviceClassName: string, count: number) => ({ deviceClassName, allocationMode: 'ExactCount', count });
  const devices = (...requests: object[]) => {
    const spec = { devices: { requests } };
    const claim = { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { name: 'c' }, spec };
    const { 'count/resourceclaims.resource.k8s.io': one, ...rest } = Object.fromEntries(usageOf(claims, claim, 0));
    expect(one).toBe('1');
    return rest;
  };
  const name = (of: string) => `${of}.deviceclass.resource.k8s.io/devices`;
  expect(devices()).toEqual({});
  expect(devices({ exactly: of('gpu', 3) }, { exactly: of('nic', 1) }, { exactly: of('gpu', 2) })).toEqual({
    [name('gpu')]: '5',
    [name('nic')]: '1',
  });
  const all = { deviceClassName: 'gpu', allocationMode: 'All' };
  expect(devices({ exactly: all })).toEqual({ [name('gpu')]: '32' });
  const either = { firstAvailable: [of('gpu', 2), of('gpu', 4), of('nic', 7), of('gpu', 3)] };
  expect(devices(either, { exactly: of('gpu', 1) })).toEqual({ [name('gpu')]: '5', [name('nic')]: '7' });
  expect(devices({ exactly: { ...of('gpu', 2), allocationMode: 'Later' } })).toEqual({ [name('gpu')]: '0' });
  expect(countsFor(claims, name('gpu'))).toBe(true);
  expect(countsFor({ group: '', resource: 'pods' }, name('gpu'))).toBe(false);
});
