import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from './harness/index.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ args: ['--runtime', 'sim', '--nodes', '3'] });
});
afterAll(async () => {
  await cluster?.destroy();
});

async function apply(manifest: string, ...args: string[]) {
  const file = join(cluster.stateDir, 'input.yaml');
  await writeFile(file, manifest);
  return cluster.tryKubectl(['apply', '-f', file, ...args]);
}

/** Sends a body as it is, past kubectl's own checks. */
async function post(path: string, body: string) {
  const file = join(cluster.stateDir, 'body.json');
  await writeFile(file, body);
  return cluster.tryKubectl(['create', '--raw', path, '-f', file]);
}

const configMaps = '/api/v1/namespaces/default/configmaps';
const named = (name: string) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

describe('manifests', () => {
  it('names every wrong field of a Deployment at once', async () => {
    const answer = await apply(
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: bad}\nspec:\n  replicas: -1\n  selector: {matchLabels: {a: b}}\n  template: {metadata: {labels: {a: c}}, spec: {containers: [{name: "Bad Name"}]}}\n',
    );
    expect(answer.code).toBe(1);
    for (const cause of [
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      '`selector` does not match template `labels`',
      'spec.template.spec.containers[0].name',
      'spec.template.spec.containers[0].image: Required value',
    ]) {
      expect(answer.stderr).toContain(cause);
    }
  });

  it('refuses unknown fields strictly and warns about them on demand', async () => {
    const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd}\nspec: {x: 1}\n';
    expect((await apply(manifest)).stderr).toContain('unknown field "spec"');
    const warned = await apply(manifest, '--validate=warn');
    expect(warned.stderr).toContain('Warning: unknown field "spec"');
    expect(warned.code).toBe(0);
  });

  it('refuses wrong types with the field', async () => {
    const answer = await post(
      configMaps,
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { a: 1 } }),
    );
    expect(answer.stderr).toMatch(/cannot unmarshal number into Go struct field ConfigMap\.data of type string/);
  });

  it('refuses unknown kinds and broken documents', async () => {
    expect((await apply('apiVersion: v9\nkind: Nothing\nmetadata: {name: x}\n')).stderr).toContain(
      'no matches for kind "Nothing"',
    );
    expect((await apply('a: [1\nb')).code).toBe(1);
    expect((await post(configMaps, '{"a":')).stderr).toContain('BadRequest');
  });

  it.each([
    '..',
    'a..b',
    'a*',
    '>',
    '__proto__',
    'a b',
    'A',
    'x/y',
    'constructor_',
    'a\u0000b',
  ])('refuses the name %j', async (name) => {
    const answer = await post(configMaps, named(name));
    expect(answer.code).toBe(1);
    expect(answer.stderr).toMatch(/Invalid value|a lowercase RFC 1123 subdomain|not allowed|may not/);
  });

  it.each(['constructor', 'prototype', 'tostring'])('takes the name %j as the plain name it is', async (name) => {
    expect(await post(configMaps, named(name))).toMatchObject({ code: 0 });
    expect(await cluster.kubectl('get', 'configmap', name, '-o', 'jsonpath={.metadata.name}')).toBe(name);
    await cluster.kubectl('delete', 'configmap', name);
  });

  it('keeps __proto__ as data', async () => {
    const metadata = '"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"proto"}';
    expect(await post(configMaps, `{${metadata},"data":{"__proto__":"b"}}`)).toMatchObject({ code: 0 });
    expect(await cluster.kubectl('get', '--raw', `${configMaps}/proto`)).toContain('"__proto__":"b"');
  });

  it('refuses a body of 5 MB', async () => {
    const answer = await post(
      configMaps,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'big' },
        data: { a: 'x'.repeat(5_000_000) },
      }),
    );
    expect(answer.stderr).toMatch(/too large|RequestEntityTooLarge/i);
  });

  it('refuses an owner in another shape and survives owners in a circle', async () => {
    const owned = (name: string, owner: string, uid: string) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid }] },
      });
    expect((await post(configMaps, owned('orphan', 'x', ''))).stderr).toContain(
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    );
    await post(configMaps, named('circle-a'));
    const uid = await cluster.kubectl('get', 'configmap', 'circle-a', '-o', 'jsonpath={.metadata.uid}');
    expect(await post(configMaps, owned('circle-b', 'circle-a', uid))).toMatchObject({ code: 0 });
    const other = await cluster.kubectl('get', 'configmap', 'circle-b', '-o', 'jsonpath={.metadata.uid}');
    const patch = JSON.stringify({
      metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'circle-b', uid: other }] },
    });
    await cluster.kubectl('patch', 'configmap', 'circle-a', '--type=merge', '-p', patch);
    await cluster.kubectl('delete', 'configmap', 'circle-a', '--cascade=background');
    await cluster.kubectl('wait', '--for=delete', 'configmap/circle-b', '--timeout=60s');
  });

  it('changes nothing when one is refused, and no service went down', async () => {
    expect(await cluster.kubectl('get', 'deploy', '-o', 'name')).toBe('');
    expect(cluster.output()).not.toContain('starting it again');
    expect(await cluster.kubectl('get', '--raw', '/readyz')).toBe('ok');
  });
});
