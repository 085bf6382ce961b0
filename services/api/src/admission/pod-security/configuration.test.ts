import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noConfiguration, readAdmissionConfiguration } from './configuration.ts';

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
    expect(await read(plugin({ defaults, exemptions }))).toEqual({
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
    expect((await read(named, beside)).exemptions.usernames).toEqual(new Set(['ada']));
    await expect(read(named)).rejects.toThrow(/pods\.json: it cannot be read \(ENOENT\)/);
    expect(await read({ plugins: [] })).toEqual(noConfiguration);
    expect(await read(plugin())).toEqual(noConfiguration);
  });

  it.each([
    ['an unknown level', plugin({ defaults: { enforce: 'tight' } }), /defaults\.enforce/],
    ['an unknown version', plugin({ defaults: { 'warn-version': '1.2' } }), /must be "latest" or "v1\.x"/],
    ['an unknown field', plugin({ exemptions: { users: ['ada'] } }), /exemptions/],
    ['a name twice', plugin({ exemptions: { usernames: ['ada', 'ada'] } }), /a name is there twice/],
    ['what is no namespace', plugin({ exemptions: { namespaces: ['A'] } }), /exemptions\.namespaces/],
    ['another plugin', { plugins: [{ name: 'EventRateLimit', configuration: {} }] }, /plugins\.0\.name/],
    ['neither file nor content', { plugins: [{ name: 'PodSecurity' }] }, /either path or configuration/],
  ])('is refused with %s', async (_, document, why) => {
    await expect(read(document)).rejects.toThrow(why);
  });
});
