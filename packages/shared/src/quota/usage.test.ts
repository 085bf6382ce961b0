import { expect, it } from 'vitest';
import type { KubeObject } from '../object/index.ts';
import { usageOf } from './index.ts';

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
