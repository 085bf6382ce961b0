import type { IPAddress, ServiceCIDR } from '@kubus/shared/schema';
import { ControllerDriver } from '@kubus/testkit';
import { beforeEach, expect, it } from 'vitest';
import { World } from '../common/testing/world.ts';
import { serviceCidrs } from './execute.ts';
import { createServiceCidrController } from './index.ts';

const ipAddresses = { ...serviceCidrs, resource: 'ipaddresses' };
const mark = 'networking.k8s.io/service-cidr-finalizer';
const apiVersion = 'networking.k8s.io/v1';

let world: World;
let driver: ControllerDriver;
beforeEach(() => {
  world = new World();
  driver = new ControllerDriver(createServiceCidrController(world.context), world.cluster);
});

function cidr(name: string, range: string, more: object = {}): void {
  const metadata = { name, uid: name, ...more };
  world.cluster.seed(serviceCidrs, {
    apiVersion,
    kind: 'ServiceCIDR',
    metadata,
    spec: { cidrs: [range] },
  } as ServiceCIDR);
}
function address(name: string, managedBy = 'ipallocator.k8s.io'): void {
  const metadata = { name, labels: { 'ipaddress.kubernetes.io/managed-by': managedBy } };
  const spec = { parentRef: { resource: 'services', namespace: 'shop', name: 'web' } };
  world.cluster.seed(ipAddresses, { apiVersion, kind: 'IPAddress', metadata, spec } as IPAddress);
}
const read = (name: string) => world.cluster.get<ServiceCIDR>(serviceCidrs).get('', name);
const ready = (name: string) => {
  const condition = read(name)?.status?.conditions?.find(({ type }) => type === 'Ready');
  return condition && `${condition.status} ${condition.reason}`;
};
const deleted = () => ({ deletionTimestamp: '2020-01-01T00:00:00Z', finalizers: [mark] });

it('is held and ready, and then left alone', async () => {
  cidr('extra', '10.99.0.0/24');
  await driver.settle();
  expect(read('extra')?.metadata.finalizers).toEqual([mark]);
  await driver.settle();
  expect(ready('extra')).toBe('True ');
  const writes = world.cluster.requests.length;
  await driver.settle();
  expect(world.cluster.requests).toHaveLength(writes);
});

it('stays as long as an address of it is given out, and says why', async () => {
  cidr('extra', '10.99.0.0/24', deleted());
  address('10.99.0.7');
  address('10.98.0.7');
  await driver.settle();
  expect(ready('extra')).toBe('False Terminating');
  world.cluster.remove(ipAddresses, '', '10.99.0.7');
  await driver.settle();
  expect(read('extra')).toBeUndefined();
});

it('goes when another range has its addresses, unless that one goes too', async () => {
  cidr('extra', '10.99.0.0/24', deleted());
  cidr('wider', '10.99.0.0/16', { ...deleted(), finalizers: ['example.com/held'] });
  address('10.99.0.7');
  await driver.settle();
  expect(ready('extra')).toBe('False Terminating');
  cidr('widest', '10.0.0.0/8');
  await driver.settle();
  expect(read('extra')).toBeUndefined();
});

it('is not held by addresses that the api did not give out', async () => {
  cidr('extra', '10.99.0.0/24', deleted());
  address('10.99.0.7', 'somebody.example.com');
  await driver.settle();
  expect(read('extra')).toBeUndefined();
});
