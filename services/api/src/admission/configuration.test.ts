import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readAdmissionConfiguration } from './configuration.ts';
import { noConfiguration } from './pod-security/configuration.ts';

async function read(document: object, beside: Record<string, object> = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-admission-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  for (const [name, content] of Object.entries(beside)) await writeFile(join(dir, name), JSON.stringify(content));
  const path = join(dir, 'admission.yaml');
  await writeFile(
    path,
    JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AdmissionConfiguration', ...document }),
  );
  return readAdmissionConfiguration(path);
}

const podSecurity = (more: object = {}) => ({
  apiVersion: 'pod-security.admission.config.k8s.io/v1',
  kind: 'PodSecurityConfiguration',
  ...more,
});
const plugin = (more: object = {}) => ({ plugins: [{ name: 'PodSecurity', configuration: podSecurity(more) }] });
const latest = Number.POSITIVE_INFINITY;

describe('a configuration of PodSecurity', () => {
  it('says what holds, and for whom nothing does', async () => {
    const defaults = { enforce: 'baseline', 'enforce-version': 'v1.30', warn: 'restricted' };
    const exemptions = { usernames: ['ada'], namespaces: ['kube-system'], runtimeClasses: ['kata'] };
    expect((await read(plugin({ defaults, exemptions }))).PodSecurity).toEqual({
      defaults: {
        enforce: { level: 'baseline', minor: 30 },
        audit: { level: 'privileged', minor: latest },
        warn: { level: 'restricted', minor: latest },
      },
      exemptions: {
        usernames: new Set(['ada']),
        namespaces: new Set(['kube-system']),
        runtimeClasses: new Set(['kata']),
      },
    });
  });

  it('may be in a file beside the one that names it, or say nothing', async () => {
    const named = { plugins: [{ name: 'PodSecurity', path: 'pods.json' }] };
    const beside = { 'pods.json': podSecurity({ exemptions: { usernames: ['ada'] } }) };
    expect((await read(named, beside)).PodSecurity?.exemptions.usernames).toEqual(new Set(['ada']));
    await expect(read(named)).rejects.toThrow(/pods\.json: it cannot be read \(ENOENT\)/);
    expect(await read({ plugins: [] })).toEqual({});
    expect((await read(plugin())).PodSecurity).toEqual(noConfiguration);
  });

  it.each([
    ['an unknown level', plugin({ defaults: { enforce: 'tight' } }), /defaults\.enforce/],
    ['an unknown version', plugin({ defaults: { 'warn-version': '1.2' } }), /must be "latest" or "v1\.x"/],
    ['an unknown field', plugin({ exemptions: { users: ['ada'] } }), /exemptions/],
    ['a name twice', plugin({ exemptions: { usernames: ['ada', 'ada'] } }), /a name is there twice/],
    ['what is no namespace', plugin({ exemptions: { namespaces: ['A'] } }), /exemptions\.namespaces/],
    ['another plugin', { plugins: [{ name: 'Priority', configuration: {} }] }, /plugins\.0\.name/],
    ['a plugin twice', { plugins: [...plugin().plugins, ...plugin().plugins] }, /a plugin is there twice/],
    ['neither file nor content', { plugins: [{ name: 'PodSecurity' }] }, /either path or configuration/],
  ])('is refused with %s', async (_, document, why) => {
    await expect(read(document)).rejects.toThrow(why);
  });
});

describe('a configuration of', () => {
  const limits = (more: object) => ({
    apiVersion: 'eventratelimit.admission.k8s.io/v1alpha1',
    kind: 'Configuration',
    limits: [{ type: 'User', qps: 10, burst: 50, ...more }],
  });
  const lists = (more: object) => ({
    apiVersion: 'podtolerationrestriction.admission.k8s.io/v1alpha1',
    kind: 'Configuration',
    ...more,
  });
  const selectors = (all: object) => ({ podNodeSelectorPluginConfig: all });
  const gpu = { key: 'gpu', operator: 'Exists' };
  const of = (name: string, configuration: object) => ({ plugins: [{ name, configuration }] });

  it('optional plugins is read with that of PodSecurity', async () => {
    const all = await read({
      plugins: [
        ...plugin().plugins,
        ...of('EventRateLimit', limits({})).plugins,
        ...of('PodNodeSelector', selectors({ clusterDefaultNodeSelector: 'a=b', shop: 'c=d, e=' })).plugins,
        ...of('PodTolerationRestriction', lists({ whitelist: [gpu] })).plugins,
      ],
    });
    expect(all.EventRateLimit).toEqual([{ type: 'User', qps: 10, burst: 50, cacheSize: 4096 }]);
    expect(all.PodNodeSelector?.default).toEqual(new Map([['a', 'b']]));
    const shop = [...(all.PodNodeSelector?.allowed.get('shop') ?? [])];
    expect(shop).toEqual([
      ['c', 'd'],
      ['e', ''],
    ]);
    expect(all.PodTolerationRestriction).toMatchObject({ default: [], whitelist: [gpu] });
  });

  it.each([
    ['EventRateLimit', limits({ type: 'Pod' }), /limits\.0\.type/],
    ['EventRateLimit', limits({ burst: 0 }), /limits\.0\.burst/],
    ['PodNodeSelector', selectors({ shop: 'c' }), /podNodeSelectorPluginConfig\.shop: is no selector/],
    ['PodTolerationRestriction', lists({ default: [{ kee: 'x' }] }), /default\.0/],
    ['ImagePolicyWebhook', { imagePolicy: { kubeConfigFile: 'x', allowTTL: 0 } }, /imagePolicy\.allowTTL/],
    ['ImagePolicyWebhook', { imagePolicy: { kubeConfigFile: 'none' } }, /none is no kubeconfig of a webhook/],
  ])('%s is refused when it cannot be right', async (name, configuration, why) => {
    await expect(read(of(name, configuration))).rejects.toThrow(why);
  });
});
