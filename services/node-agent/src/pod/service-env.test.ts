import type { Service } from '@kubus/shared/schema';
import { expect, it } from 'vitest';
import { buildPod, container } from '../../test/rig.ts';
import { resolveEnv } from './env.ts';
import { serviceVariables } from './service-env.ts';

const service = (
  name: string,
  clusterIP: string,
  namespace = 'default',
  ports: object[] = [{ port: 443 }],
): Service => ({
  ...{ apiVersion: 'v1', kind: 'Service' },
  metadata: { name, namespace },
  spec: { clusterIP, ports: ports as { port: number }[] },
});
const kubernetes = service('kubernetes', '10.96.0.1', 'default', [{ name: 'https', port: 443 }]);
const pod = (namespace: string, spec = {}) => {
  const built = buildPod('web', spec);
  return { ...built, metadata: { ...built.metadata, namespace } };
};

it('tell of a Service as kubelet does', () => {
  const ports = [
    { name: 'http-alt', port: 80 },
    { port: 53, protocol: 'UDP' },
  ];
  expect(Object.fromEntries(serviceVariables(pod('shop'), [service('redis-a', 'fd00::1', 'shop', ports)]))).toEqual({
    REDIS_A_SERVICE_HOST: 'fd00::1',
    REDIS_A_SERVICE_PORT: '80',
    REDIS_A_SERVICE_PORT_HTTP_ALT: '80',
    REDIS_A_PORT: 'tcp://[fd00::1]:80',
    REDIS_A_PORT_80_TCP: 'tcp://[fd00::1]:80',
    REDIS_A_PORT_80_TCP_PROTO: 'tcp',
    REDIS_A_PORT_80_TCP_PORT: '80',
    REDIS_A_PORT_80_TCP_ADDR: 'fd00::1',
    REDIS_A_PORT_53_UDP: 'udp://[fd00::1]:53',
    REDIS_A_PORT_53_UDP_PROTO: 'udp',
    REDIS_A_PORT_53_UDP_PORT: '53',
    REDIS_A_PORT_53_UDP_ADDR: 'fd00::1',
  });
});

it('tell of the API everywhere, of others in the own namespace, of none without an address', () => {
  const all = [kubernetes, service('own', '10.96.0.2', 'shop'), service('far', '10.96.0.3', 'other')];
  const headless = [service('none', 'None', 'shop'), service('external', '', 'shop')];
  const hosts = (spec = {}) =>
    [...serviceVariables(pod('shop', spec), [...all, ...headless]).keys()].filter((name) => name.endsWith('_HOST'));
  expect(hosts()).toEqual(['KUBERNETES_SERVICE_HOST', 'OWN_SERVICE_HOST']);
  expect(hosts({ enableServiceLinks: false })).toEqual(['KUBERNETES_SERVICE_HOST']);
});

it("are known to the container's own variables, which overrule them", async () => {
  const config = {
    configMap: async () => undefined,
    secret: async () => undefined,
    services: async () => [kubernetes],
  };
  const facts = { podIPs: [], hostIPs: [], allocatable: { cpuMillis: 0, memoryBytes: 0, storageBytes: 0 } };
  const env = [
    { name: 'URL', value: 'https://$(KUBERNETES_SERVICE_HOST)' },
    { name: 'KUBERNETES_SERVICE_PORT', value: '6443' },
  ];
  const resolved = new Map(
    await resolveEnv(pod('shop'), container('main', 'run', { env }), { config, facts, file: async () => undefined }),
  );
  expect(resolved.get('URL')).toBe('https://10.96.0.1');
  expect(resolved.get('KUBERNETES_SERVICE_PORT')).toBe('6443');
  expect(resolved.get('KUBERNETES_SERVICE_PORT_HTTPS')).toBe('443');
});
