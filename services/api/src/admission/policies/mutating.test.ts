import type { KubeObject } from '@kubus/shared/object';
import { describe, expect, it } from 'vitest';
import { configMap } from '../../pipeline/testing/cluster.ts';
import { install, uninstall } from '../testing/configurations.ts';
import { deployment, deployments, maps, PolicyCluster, rules } from '../testing/policies.ts';

const policies = new PolicyCluster();

interface Deployment extends KubeObject {
  spec: { replicas: number; template: { spec: { containers: { name: string; image?: string; env?: object[] }[] } } };
}

describe('a mutating policy', () => {
  it('lays a configuration over the object, lists with keys element by element', async () => {
    await policies.mutating({
      matchConstraints: rules(['deployments'], ['CREATE'], ['apps']),
      variables: [{ name: 'count', expression: 'object.spec.replicas + 1' }],
      mutations: [
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: { expression: 'Object{spec: Object.spec{replicas: variables.count}}' },
        },
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: {
            expression: `Object{
              metadata: Object.metadata{annotations: {'seen': string(object.spec.replicas)}},
              spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [
                Object.spec.template.spec.containers{name: 'side', image: 'y'},
                Object.spec.template.spec.containers{name: 'c', env: [Object.spec.template.spec.containers.env{name: 'A', value: 'B'}]}
              ]}}}
            }`,
          },
        },
      ],
    });
    const made = await policies.client.ok<Deployment>({ ...deployments, verb: 'create', body: deployment('web', 1) });
    expect(made.spec.replicas).toBe(2);
    expect(made.metadata.annotations).toMatchObject({ seen: '2' });
    const { containers } = made.spec.template.spec;
    expect(containers.map(({ name, image, env }) => [name, image, env])).toEqual(
      expect.arrayContaining([
        ['side', 'y', undefined],
        ['c', 'x', [{ name: 'A', value: 'B' }]],
      ]),
    );
  });

  it('patches by JSON patch', async () => {
    await policies.mutating({
      mutations: [
        {
          patchType: 'JSONPatch',
          jsonPatch: {
            expression: `[
              JSONPatch{op: "test", path: "/data/a", value: "1"},
              JSONPatch{op: "add", path: "/data/" + jsonpatch.escapeKey("x/y"), value: "z"},
              JSONPatch{op: "remove", path: "/data/a"}
            ]`,
          },
        },
      ],
    });
    const made = await policies.client
      .ok<KubeObject & { data: object }>({
        ...maps,
        verb: 'create',
        body: configMap('patched', { a: '1' }),
        query: { dryRun: 'All' },
      })
      .catch((error: Error) => error);
    // A slash is no character of a ConfigMap's key: the server validates what a policy makes like anything else.
    expect(String(made)).toContain('a valid config key must consist of alphanumeric characters');
    const failed = await policies.client.refused({ ...maps, verb: 'create', body: configMap('patched', { a: '2' }) });
    expect(failed).toMatchObject({
      code: 422,
      message: expect.stringContaining(
        "policy 'change' with binding 'change-binding' denied request: error applying JSON Patch",
      ),
    });
  });

  it('adds null where a JSON patch leaves the value out', async () => {
    const expression = `[JSONPatch{op: "add", path: "/data/none"}, JSONPatch{op: "add", path: "/data/b", value: "2"}]`;
    await policies.mutating({ mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }] });
    const made = await policies.client.ok<KubeObject & { data: object }>({
      ...maps,
      verb: 'create',
      body: configMap('nulled', { a: '1' }),
      query: { dryRun: 'All' },
    });
    expect(made.data).toEqual({ a: '1', none: '', b: '2' });
  });

  it('may not set parts of what is replaced as a whole, nor name a type after another field', async () => {
    const apply = (expression: string) => ({
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
    });
    const matchConstraints = rules(['deployments'], ['CREATE'], ['apps']);
    await policies.mutating({
      matchConstraints,
      ...apply('Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {"x": "y"}}}}'),
    });
    const create = { ...deployments, verb: 'create', body: deployment('web', 1) } as const;
    expect((await policies.client.refused(create)).message).toContain(
      'may not mutate atomic arrays, maps or structs: .spec.selector',
    );
    await uninstall(policies.cluster, 'mutatingadmissionpolicies');
    await install(policies.cluster, 'mutatingadmissionpolicies', 'change', {
      metadata: { name: 'change', uid: 'other' },
      spec: { matchConstraints, failurePolicy: 'Fail', ...apply('Object{spec: Object.metadata{replicas: 1}}') },
    });
    expect((await policies.client.refused(create)).message).toContain(
      'type mismatch: unexpected type name "Object.metadata"',
    );
  });

  it('is asked again when a later policy changed the object and it wants that', async () => {
    const add = (key: string, when: string) => ({
      mutations: [
        {
          patchType: 'JSONPatch',
          jsonPatch: {
            expression: `${when} && !('${key}' in object.data) ? [JSONPatch{op: 'add', path: '/data/${key}', value: 'yes'}] : []`,
          },
        },
      ],
    });
    await policies.mutating({ reinvocationPolicy: 'IfNeeded', ...add('saw', "'late' in object.data") }, {}, 'a');
    await policies.mutating(add('late', 'true'), {}, 'b');
    const made = await policies.client.ok<KubeObject & { data: object }>({
      ...maps,
      verb: 'create',
      body: configMap('again', { start: 'x' }),
    });
    expect(made.data).toEqual({ start: 'x', late: 'yes', saw: 'yes' });
  });
});
