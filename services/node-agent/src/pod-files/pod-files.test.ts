import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '@kubus/shared/schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPod, container } from '../../test/rig.ts';
import { HostnameError, podFiles, podNames } from './index.ts';
import { formatResolvConf, parseResolvConf, podResolver } from './resolv-conf.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-pod-files-'));
  await writeFile(join(dir, 'hosts'), '192.0.2.7\tthe-node\n');
  await writeFile(join(dir, 'resolv'), 'nameserver 127.0.0.53\nsearch node.example\noptions edns0\n');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const files = (options = {}) =>
  podFiles({
    ...{
      clusterDns: [],
      clusterDomain: 'cluster.local',
      hostsFile: join(dir, 'hosts'),
      resolvConf: join(dir, 'resolv'),
    },
    ...options,
  });
const place = () => ({ dir, podIPs: ['10.0.0.9'] });
type Spec = Partial<NonNullable<Pod['spec']>>;

async function contents(spec: Spec, options = {}, main = container('main', 'run')): Promise<Record<string, string>> {
  const mounts = await files(options)(buildPod('web', spec), main, place());
  const texts = mounts.map(async ({ source, target }) => [target, await readFile(source, 'utf8')] as const);
  return Object.fromEntries(await Promise.all(texts));
}

describe('/etc/hosts', () => {
  it('names the pod and its aliases', async () => {
    const hostAliases = [{ ip: '10.1.1.1', hostnames: ['db', 'db.example'] }];
    expect((await contents({ hostAliases, hostname: 'a', subdomain: 'set' }))['/etc/hosts']).toBe(
      [
        '# Kubernetes-managed hosts file.',
        '127.0.0.1\tlocalhost',
        '::1\tlocalhost ip6-localhost ip6-loopback',
        'fe00::0\tip6-localnet',
        'fe00::0\tip6-mcastprefix',
        'fe00::1\tip6-allnodes',
        'fe00::2\tip6-allrouters',
        '10.0.0.9\ta.set.default.svc.cluster.local\ta',
        '',
        '# Entries added by HostAliases.',
        '10.1.1.1\tdb\tdb.example',
        '',
      ].join('\n'),
    );
  });

  it("is the node's on the node's network", async () => {
    const hostAliases = [{ ip: '10.1.1.1', hostnames: ['db'] }];
    expect((await contents({ hostNetwork: true, hostAliases }))['/etc/hosts']).toBe(
      '# Kubernetes-managed hosts file (host network).\n192.0.2.7\tthe-node\n\n# Entries added by HostAliases.\n10.1.1.1\tdb\n',
    );
  });

  it('is left to a container that brings its own', async () => {
    const own = container('main', 'run', { volumeMounts: [{ name: 'v', mountPath: '/etc/hosts' }] });
    expect(Object.keys(await contents({}, {}, own))).toEqual([]);
  });
});

describe('/etc/resolv.conf', () => {
  const clusterDns = ['10.96.0.10'];
  const dnsConfig = {
    nameservers: ['1.1.1.1', '10.96.0.10'],
    searches: ['more.example'],
    options: [{ name: 'ndots', value: '2' }, { name: 'rotate' }],
  };

  it("is the engine's where nothing else is asked for and the cluster has no DNS", async () => {
    expect(Object.keys(await contents({}))).toEqual(['/etc/hosts']);
    expect(Object.keys(await contents({ dnsPolicy: 'Default' }, { clusterDns }))).toEqual(['/etc/hosts']);
  });

  it("leads to the cluster's DNS first, then to what the pod adds", async () => {
    expect((await contents({}, { clusterDns }))['/etc/resolv.conf']).toBe(
      'search default.svc.cluster.local svc.cluster.local cluster.local node.example\nnameserver 10.96.0.10\noptions ndots:5\n',
    );
    expect((await contents({ dnsConfig }, { clusterDns }))['/etc/resolv.conf']).toBe(
      [
        'search default.svc.cluster.local svc.cluster.local cluster.local node.example more.example',
        'nameserver 10.96.0.10',
        'nameserver 1.1.1.1',
        'options ndots:2 rotate',
        '',
      ].join('\n'),
    );
  });

  it('is what the pod says alone with the policy None', async () => {
    const own = { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches: ['a.example'] } };
    expect((await contents(own, { clusterDns }))['/etc/resolv.conf']).toBe('search a.example\nnameserver 1.1.1.1\n');
  });

  it("stands on the node's with additions, by a way that is open from the pod", async () => {
    const added = { nameservers: ['1.1.1.1'] };
    const text = 'search node.example\nnameserver 127.0.0.11\nnameserver 1.1.1.1\noptions edns0\n';
    expect((await contents({ dnsConfig: added }))['/etc/resolv.conf']).toBe(text);
    const ofHost = await contents({ dnsConfig: added, hostNetwork: true }, { clusterDns });
    expect(ofHost['/etc/resolv.conf']).toBe(text.replace('127.0.0.11', '127.0.0.53'));
  });

  it("leads to the cluster's DNS from the node's network when that is asked for", () => {
    const facts = { clusterDns, clusterDomain: 'c.local', ofNode: parseResolvConf('') };
    const pod = buildPod('web', { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' });
    expect(podResolver(pod, facts)?.nameservers).toEqual(clusterDns);
    expect(podResolver(buildPod('web', { hostNetwork: true }), facts)).toBeUndefined();
  });

  it('reads what it writes', () => {
    const text = 'search a b\nnameserver 10.0.0.1\noptions ndots:5 edns0\n';
    expect(formatResolvConf(parseResolvConf(text))).toBe(text);
  });
});

describe('the host name', () => {
  const names = (spec: Spec) => podNames(buildPod('web', spec), 'cluster.local');

  it('is that of the pod, or what it asks for, cut to what a host name may be', () => {
    expect(names({}).hostname).toBe('web');
    expect(names({ hostname: 'a' }).hostname).toBe('a');
    expect(podNames(buildPod(`${'x'.repeat(62)}-y`), 'c').hostname).toBe('x'.repeat(62));
    expect(names({ hostname: 'a', hostnameOverride: 'whole.example' })).toEqual({
      hostname: 'whole.example',
      name: 'whole.example',
      domain: '',
    });
  });

  it('is the whole domain name where that is asked for and fits', () => {
    expect(names({ subdomain: 's', setHostnameAsFQDN: true }).hostname).toBe('web.s.default.svc.cluster.local');
    expect(names({ setHostnameAsFQDN: true }).hostname).toBe('web');
    const long = { subdomain: 's'.repeat(50), setHostnameAsFQDN: true };
    expect(() => names(long)).toThrow(HostnameError);
    expect(() => names(long)).toThrow('is too long (64 characters is the max, 80 characters requested)');
  });
});
