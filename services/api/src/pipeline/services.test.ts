import type { KubeObject } from '@kubus/shared/object';
import { builtinKinds, Registry } from '@kubus/shared/registry';
import type { Service } from '@kubus/shared/schema';
import type { Operation } from '@kubus/shared/store';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AddressRepair, nodePortRange, type ServiceNetwork, serviceCidrs } from '../allocation/index.ts';
import { startPipeline } from './index.ts';
import { admin, Client, core, startCluster, type TestCluster } from './testing/cluster.ts';

let cluster: TestCluster;
let single: Client;
/** A cluster with a small network of both families, and the replicas of its api. */
let small: TestCluster;
let replicas: [Client, Client];
let stopSecond: () => void;

const serviceNetwork = {
  cidrs: serviceCidrs.parse('10.96.7.0/28,fd00:7::/120'),
  nodePorts: nodePortRange.parse('31000-31019'),
};

beforeAll(async () => {
  [cluster, small] = await Promise.all([startCluster(), startCluster({ serviceNetwork })]);
  single = cluster.as(admin);
  const { store, caches } = small;
  const second = await startPipeline({ registry: new Registry(builtinKinds), store, caches, serviceNetwork });
  stopSecond = () => second.stop();
  replicas = [small.as(admin), new Client(second.pipeline, admin)];
}, 60_000);
afterAll(async () => {
  stopSecond?.();
  await Promise.all([cluster.stop(), small.stop()]);
});

const services = { ...core, resource: 'services', namespace: 'default' } as const;
const addresses = { group: 'networking.k8s.io', version: 'v1', resource: 'ipaddresses' } as const;

const body = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});

type Whole = Service & { spec: NonNullable<Service['spec']> };

const create = (client: Client, name: string, spec: object = {}) =>
  client.ok<Whole>({ ...services, verb: 'create', body: body(name, spec) });
const refuse = async (client: Client, name: string, spec: object = {}) =>
  (await client.refused({ ...services, verb: 'create', body: body(name, spec) })).message ?? '';
const patch = (client: Client, name: string, spec: object) =>
  client.ok<Whole>({ ...services, verb: 'patch', name, contentType: 'application/merge-patch+json', body: { spec } });
const remove = (name: string, client = single) => client.ok({ ...services, verb: 'delete', name });
const get = (name: string) => single.ok<Whole>({ ...services, verb: 'get', name });
const address = async (name: string, client = single) => (await client.send({ ...addresses, verb: 'get', name })).code;

describe('the service of the API', () => {
  it('is there from the start, with the first address of the range', async () => {
    const { spec, metadata } = await get('kubernetes');
    expect(spec).toMatchObject({ clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'], ipFamilyPolicy: 'SingleStack' });
    expect(metadata.labels).toEqual({ component: 'apiserver', provider: 'kubernetes' });
    const ip = await single.ok<KubeObject & { spec: object }>({ ...addresses, verb: 'get', name: '10.96.0.1' });
    expect(ip.spec).toEqual({ parentRef: { resource: 'services', namespace: 'default', name: 'kubernetes' } });
  });
});

describe('cluster IPs', () => {
  it('are given out of the part of the range that nobody names, and given back on deletion', async () => {
    const { spec } = await create(single, 'auto');
    const [, , third, fourth] = (spec.clusterIP ?? '').split('.').map(Number);
    expect((third ?? 0) * 256 + (fourth ?? 0)).toBeGreaterThanOrEqual(256);
    expect(spec).toMatchObject({ clusterIPs: [spec.clusterIP], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
    expect(await address(spec.clusterIP as string)).toBe(200);
    await remove('auto');
    expect(await address(spec.clusterIP as string)).toBe(404);
    expect((await create(single, 'named', { clusterIP: spec.clusterIP })).spec.clusterIP).toBe(spec.clusterIP);
    await remove('named');
  });

  it('are refused when they are taken, or not of the range', async () => {
    expect(await refuse(single, 'x', { clusterIP: '10.96.0.1' })).toContain(
      'spec.clusterIPs: Invalid value: ["10.96.0.1"]: failed to allocate IP 10.96.0.1: provided IP is already allocated',
    );
    expect(await refuse(single, 'x', { clusterIP: '10.1.2.3' })).toContain(
      'failed to allocate IP 10.1.2.3: the provided network does not match the current range',
    );
    expect(await refuse(single, 'x', { clusterIP: '10.96.0.0' })).toContain('The range of valid IPs is 10.96.0.0/16');
    expect(await refuse(single, 'x', { clusterIP: '10.96.00.9' })).toContain('must not have leading 0s');
  });

  it('never change, and stay when an update leaves them out', async () => {
    const { spec, metadata } = await create(single, 'steady');
    const replaced = await single.ok<Whole>({
      ...services,
      verb: 'update',
      name: 'steady',
      body: {
        ...body('steady', { ports: [{ port: 81 }] }),
        metadata: { name: 'steady', resourceVersion: metadata.resourceVersion },
      },
    });
    expect(replaced.spec.clusterIP).toBe(spec.clusterIP);
    const { message } = await single.refused({
      ...services,
      verb: 'patch',
      name: 'steady',
      contentType: 'application/merge-patch+json',
      body: { spec: { clusterIP: '10.96.0.77', clusterIPs: ['10.96.0.77'] } },
    });
    expect(message).toContain('spec.clusterIPs[0]: Invalid value: ["10.96.0.77"]: may not change once set');
    expect(await address('10.96.0.77')).toBe(404);
    await remove('steady');
  });

  it('go and come with the type', async () => {
    const first = (await create(single, 'turning')).spec.clusterIP as string;
    const external = await patch(single, 'turning', { type: 'ExternalName', externalName: 'example.com' });
    expect(external.spec).not.toHaveProperty('clusterIP');
    expect(external.spec).not.toHaveProperty('ipFamilies');
    expect(await address(first)).toBe(404);
    const back = await patch(single, 'turning', { type: 'ClusterIP', externalName: null, ports: [{ port: 80 }] });
    expect(await address(back.spec.clusterIP as string)).toBe(200);
    await remove('turning');
  });

  it('are never given out twice, whatever two replicas choose at the same time, until none is left', async () => {
    const tries = Array.from({ length: 20 }, (_, n) =>
      replicas[n % 2 === 0 ? 0 : 1].send({ ...services, verb: 'create', body: body(`race-${n}`) }),
    );
    const made = (await Promise.all(tries)).filter(({ code }) => code === 201).map(({ body }) => body as Whole);
    const ips = made.map(({ spec }) => spec.clusterIP);
    expect(new Set(ips).size).toBe(ips.length);
    // 16 addresses, without the first, the last and that of the API.
    expect(ips).toHaveLength(13);
    const full = await replicas[0].refused({ ...services, verb: 'create', body: body('one-more') });
    expect(full).toMatchObject({ code: 500, message: expect.stringContaining('range is full') });
    for (const { metadata } of made) await remove(metadata.name, replicas[0]);
    await eventually(async () => {
      const again = await create(replicas[1], 'after');
      expect(ips).toContain(again.spec.clusterIP);
    });
    await remove('after', replicas[1]);
  });

  it('stay those of their service when somebody deletes the IPAddress', async () => {
    const { spec } = await create(single, 'kept', { clusterIP: '10.96.0.50' });
    await single.ok({ ...addresses, verb: 'delete', name: '10.96.0.50' });
    expect(await refuse(single, 'thief', { clusterIP: '10.96.0.50' })).toContain('provided IP is already allocated');
    await eventually(async () => {
      await patch(single, 'kept', { selector: { touched: String(Math.random()) } });
      expect(await address(spec.clusterIP as string)).toBe(200);
    });
    await remove('kept');
  });

  it('have their IPAddress again when somebody deletes it, and nobody touches the service', async () => {
    const { spec, metadata } = await create(single, 'mended');
    const ip = spec.clusterIP as string;
    await single.ok({ ...addresses, verb: 'delete', name: ip });
    await eventually(async () => expect(await address(ip)).toBe(200));
    const made = await single.ok<KubeObject & { spec: object }>({ ...addresses, verb: 'get', name: ip });
    expect(made.spec).toEqual({ parentRef: { resource: 'services', namespace: 'default', name: 'mended' } });
    expect((await get('mended')).metadata.resourceVersion).toBe(metadata.resourceVersion);
    await remove('mended');
  });

  it('have no IPAddress that was made again at the moment in which their service went', async () => {
    const service = await create(single, 'fleeting');
    const ip = service.spec.clusterIP as string;
    let made = false;
    const { store } = cluster;
    const raced = {
      get: store.get.bind(store),
      commit: async (operations: readonly Operation[]) => {
        if (operations[0]?.type === 'create') await remove('fleeting');
        const results = await store.commit(operations);
        made ||= results[0]?.ok === true && operations[0]?.type === 'create';
        return results;
      },
    };
    const seen = { services: () => [service], address: () => undefined, addresses: () => [] };
    const repair = new AddressRepair({
      network: { ...seen, service: () => undefined, onAddressGone: () => undefined } as unknown as ServiceNetwork,
      store: raced,
      born: () => ({ uid: 'raced', creationTimestamp: '2026-01-01T00:00:00Z' }),
      now: () => new Date(),
      onError: (error) => expect.fail(String(error)),
    });
    repair.start();
    await eventually(() => expect(made).toBe(true));
    await eventually(async () => expect(await address(ip)).toBe(404));
    repair.stop();
  });
});

describe('families', () => {
  it('are one unless both are asked for and the cluster has them', async () => {
    expect(await refuse(single, 'x', { ipFamilyPolicy: 'RequireDualStack' })).toContain(
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    );
    expect(await refuse(single, 'x', { ipFamilies: ['IPv6'] })).toContain(
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    );
    const preferring = await create(single, 'preferring', { ipFamilyPolicy: 'PreferDualStack' });
    expect(preferring.spec.ipFamilies).toEqual(['IPv4']);
    await remove('preferring');
    const headless = await create(single, 'headless', { clusterIP: 'None' });
    expect(headless.spec).toMatchObject({
      clusterIPs: ['None'],
      ipFamilies: ['IPv4', 'IPv6'],
      ipFamilyPolicy: 'RequireDualStack',
    });
    await remove('headless');
  });

  it('the second one comes with the policy and goes with it, and its address too', async () => {
    const [dual] = replicas;
    const before = await create(dual, 'growing', { ipFamilies: ['IPv6'] });
    expect(before.spec.clusterIP).toMatch(/^fd00:7::/);
    // Until this replica has seen that the addresses of an earlier test were given back.
    const grown = await eventually(() => patch(dual, 'growing', { ipFamilyPolicy: 'RequireDualStack' }));
    expect(grown.spec.ipFamilies).toEqual(['IPv6', 'IPv4']);
    const second = grown.spec.clusterIPs?.[1] as string;
    expect(await address(second, dual)).toBe(200);
    const fewer = await dual.refused({
      ...services,
      verb: 'patch',
      name: 'growing',
      contentType: 'application/merge-patch+json',
      body: { spec: { ipFamilies: ['IPv6'] } },
    });
    expect(fewer.message).toContain("must be 'SingleStack' to release the secondary IP family");
    const shrunk = await patch(dual, 'growing', { ipFamilyPolicy: 'SingleStack' });
    expect(shrunk.spec.clusterIPs).toEqual([before.spec.clusterIP]);
    expect(await address(second, dual)).toBe(404);
    await remove('growing', dual);
  });
});

describe('node ports', () => {
  it('are given out, shared by two protocols of one port, and kept by name', async () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      { name: 'metrics', port: 9153 },
    ];
    const { spec } = await create(single, 'dns', { type: 'NodePort', ports });
    const [udp, tcp, metrics] = spec.ports ?? [];
    expect(udp?.nodePort).toBe(tcp?.nodePort);
    expect(udp?.nodePort).toBeGreaterThanOrEqual(30_086);
    expect(metrics?.nodePort).not.toBe(udp?.nodePort);
    const moved = await patch(single, 'dns', {
      ports: [ports[2], ports[0]].map((port, n) => ({ ...port, port: 1000 + n })),
    });
    expect(moved.spec.ports?.map(({ nodePort }) => nodePort)).toEqual([metrics?.nodePort, udp?.nodePort]);
    const plain = await patch(single, 'dns', { type: 'ClusterIP' });
    expect(plain.spec.ports?.every(({ nodePort }) => nodePort === undefined)).toBe(true);
    await remove('dns');
  });

  it('are refused when they are taken or out of range', async () => {
    const asked = (nodePort: number) => ({ type: 'NodePort', ports: [{ port: 80, nodePort }] });
    await create(single, 'first', asked(30_500));
    expect(await refuse(single, 'second', asked(30_500))).toContain(
      'spec.ports[0].nodePort: Invalid value: 30500: provided port is already allocated',
    );
    expect(await refuse(single, 'second', asked(99))).toContain(
      'provided port is not in the valid range. The range of valid ports is 30000-32767',
    );
    await remove('first');
    await create(single, 'second', asked(30_500));
    await remove('second');
  });

  it('are never given out twice, whatever two replicas choose at the same time', async () => {
    const tries = Array.from({ length: 13 }, (_, n) =>
      replicas[n % 2 === 0 ? 0 : 1].send({
        ...services,
        verb: 'create',
        body: body(`ports-${n}`, {
          type: 'NodePort',
          clusterIP: `10.96.7.${n + 1}`,
          ports: [{ port: 80 }, { name: 'b', port: 81 }].map((p, i) => ({ name: `p${i}`, ...p })),
        }),
      }),
    );
    const made = (await Promise.all(tries)).filter(({ code }) => code === 201).map(({ body }) => body as Whole);
    const ports = made.flatMap(({ spec }) => (spec.ports ?? []).map(({ nodePort }) => nodePort));
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports).toHaveLength(20);
    for (const { metadata } of made) await remove(metadata.name, replicas[0]);
  });

  it('a load balancer that keeps traffic local has one for its health, unless it becomes something else', async () => {
    const { spec } = await create(single, 'lb', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    expect(spec.healthCheckNodePort).toBeGreaterThan(30_000);
    expect(spec.allocateLoadBalancerNodePorts).toBe(true);
    const other = await patch(single, 'lb', { type: 'ClusterIP' });
    for (const name of ['healthCheckNodePort', 'allocateLoadBalancerNodePorts', 'externalTrafficPolicy']) {
      expect(other.spec).not.toHaveProperty(name);
    }
    const bare = await create(single, 'bare', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false });
    expect(bare.spec.ports?.[0]).not.toHaveProperty('nodePort');
    await remove('lb');
    await remove('bare');
  });
});

it('a dry run takes nothing', async () => {
  const dry = await single.ok<Whole>({ ...services, verb: 'create', query: { dryRun: 'All' }, body: body('dry') });
  expect(dry.spec.clusterIP).toMatch(/^10\.96\./);
  expect(await address(dry.spec.clusterIP as string)).toBe(404);
});
