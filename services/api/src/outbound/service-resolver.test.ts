import type { KubeObject } from '@kubus/shared/object';
import { describe, expect, it } from 'vitest';
import { isReachable, serviceResolver } from './index.ts';

const service = (spec: object) => ({ metadata: { name: 'web', namespace: 'shop' }, spec }) as unknown as KubeObject;
const ports = [
  { name: 'http', port: 80 },
  { name: 'https', port: 443 },
];

function resolver(objects: { service?: KubeObject; slices?: object[]; endpoints?: object }) {
  return serviceResolver(
    {
      get: async ({ resource }) =>
        resource === 'services' ? objects.service : (objects.endpoints as KubeObject | undefined),
      list: async () => (objects.slices ?? []) as KubeObject[],
    },
    () => 0,
  );
}

const slice = (name: string, ...endpoints: object[]) => ({
  metadata: { name: `${name}-x`, labels: { 'kubernetes.io/service-name': name } },
  ports: [
    { name: 'http', port: 8080 },
    { name: 'https', port: 8443 },
  ],
  endpoints,
});

describe('a service', () => {
  it('is reached at a ready endpoint, on the port that the service port of that name stands for', async () => {
    const slices = [
      slice('other', { addresses: ['10.1.1.1'] }),
      slice(
        'web',
        { addresses: ['10.0.0.1'], conditions: { ready: false } },
        { addresses: ['10.0.0.2'], conditions: {} },
      ),
    ];
    const resolve = resolver({ service: service({ ports, clusterIP: '10.96.0.9' }), slices });
    expect(await resolve('shop', 'web', 443)).toEqual({ host: '10.0.0.2', port: 8443 });
    expect(await resolve('shop', 'web', 80)).toEqual({ host: '10.0.0.2', port: 8080 });
    await expect(resolve('shop', 'web', 81)).rejects.toThrow('no service port 81 found for service "web"');
  });

  it('is reached at its Endpoints where it has no slices, and else at its cluster IP', async () => {
    const endpoints = { subsets: [{ addresses: [{ ip: '10.0.0.7' }], ports: [{ name: 'https', port: 8443 }] }] };
    const withEndpoints = resolver({ service: service({ ports }), endpoints });
    expect(await withEndpoints('shop', 'web', 443)).toEqual({ host: '10.0.0.7', port: 8443 });
    const bare = resolver({ service: service({ ports, clusterIP: '10.96.0.9' }) });
    expect(await bare('shop', 'web', 443)).toEqual({ host: '10.96.0.9', port: 443 });
    const headless = resolver({ service: service({ ports, clusterIP: 'None' }) });
    await expect(headless('shop', 'web', 443)).rejects.toThrow('no endpoints available for service "web"');
    await expect(resolver({})('shop', 'web', 443)).rejects.toThrow('service "web" not found');
  });

  it('is reached at its external name, which is no way to this machine', async () => {
    const external = (externalName: string) =>
      resolver({ service: service({ type: 'ExternalName', externalName }) })('shop', 'web', 443);
    expect(await external('hooks.example.com')).toEqual({ host: 'hooks.example.com', port: 443 });
    for (const name of ['localhost', '127.0.0.1', '169.254.169.254', '::1', ''])
      await expect(external(name)).rejects.toThrow();
  });

  it('never leads to the machine itself, whatever its endpoints say', async () => {
    for (const host of [
      '127.0.0.1',
      '127.8.0.1',
      '0.0.0.0',
      '169.254.169.254',
      '224.0.0.1',
      '::1',
      '::',
      'fe80::1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '0:0:0:0:0:ffff:169.254.169.254',
      'redis',
    ]) {
      expect([host, isReachable(host)]).toEqual([host, false]);
      const resolve = resolver({ service: service({ ports }), slices: [slice('web', { addresses: [host] })] });
      await expect(resolve('shop', 'web', 443)).rejects.toThrow('may be reached');
    }
    for (const host of ['10.0.0.1', '192.168.1.2', '172.17.0.2', 'fd00::1', '8.8.8.8'])
      expect(isReachable(host)).toBe(true);
  });
});
