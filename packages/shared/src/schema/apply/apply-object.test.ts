import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/index.ts';
import type { ConfigMap, Deployment, Pod, Service } from '../generated/types.ts';
import { builtinSchema } from '../schema-set.ts';
import type { Applied } from './apply-object.ts';
import { LAST_APPLIED } from './last-applied.ts';
import { apply, configMap, entriesOf, fieldsOf, refusal, stored, t0, t1, types, update } from './testing/applying.ts';

describe('server-side apply', () => {
  it('takes null for what is left out, wherever it stands', () => {
    const nothing = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', labels: null }, data: null };
    const { object } = apply('me', undefined, nothing as unknown as ConfigMap);
    expect(entriesOf(object)).toMatchObject([{ manager: 'me' }]);
    expect(object.metadata.labels ?? {}).toEqual({});
  });

  it('creates an object that its applier owns field by field', () => {
    const { object, changed } = apply<Deployment>('kubectl', undefined, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'c', image: 'i', command: ['a'], ports: [{ containerPort: 80 }] }] },
        },
      },
    });
    expect(changed).toBe(true);
    expect(object.spec?.template.spec?.containers[0]).toEqual({
      name: 'c',
      image: 'i',
      command: ['a'],
      ports: [{ containerPort: 80 }],
      resources: {},
    });
    expect(object.metadata.managedFields).toEqual([
      {
        manager: 'kubectl',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        time: t0,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { 'f:app': {} } },
          'f:spec': {
            'f:replicas': {},
            'f:selector': {},
            'f:template': {
              'f:metadata': { 'f:labels': { 'f:app': {} } },
              'f:spec': {
                'f:containers': {
                  'k:{"name":"c"}': {
                    '.': {},
                    'f:command': {},
                    'f:image': {},
                    'f:name': {},
                    'f:ports': {
                      'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} },
                    },
                  },
                },
              },
            },
          },
        },
      },
    ]);
  });

  it('changes nothing when the same is applied again', () => {
    const config = configMap({ a: '1', b: '2' });
    const first = stored(apply<ConfigMap>('a', undefined, config).object);
    const again = apply('a', first, config, { at: t1 });
    expect(again).toEqual({ object: first, changed: false });
    Object.assign(again.object.data as object, { a: 'changed by the caller' });
    expect(first.data).toEqual({ a: '1', b: '2' });
  });

  it('takes amounts that are equal for equal', () => {
    const pod = (cpu: string | number): object => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', resources: { limits: { cpu } } }] },
    });
    const live = stored(apply<Pod>('a', undefined, pod('1000m')).object);
    expect(live.spec?.containers[0]?.resources).toEqual({ limits: { cpu: '1' } });
    expect(apply('a', live, pod(1)).changed).toBe(false);
    expect(apply('b', live, pod('1')).object.metadata.managedFields).toHaveLength(2);
  });

  it('removes what its manager applied before and no longer does', () => {
    const live = stored(apply<ConfigMap>('a', undefined, configMap({ a: '1', b: '2' }, { l: 'x' })).object);
    const { object } = apply('a', live, configMap({ a: '1' }));
    expect(object.data).toEqual({ a: '1' });
    expect(object.metadata.labels).toBeUndefined();
    expect(fieldsOf(object, 'a')).toEqual({ 'f:data': { 'f:a': {} } });
  });

  it('keeps what another manager owns too', () => {
    const first = stored(apply<ConfigMap>('a', undefined, configMap({ a: '1', b: '2' })).object);
    const shared = apply('b', first, configMap({ b: '2' })).object;
    const { object } = apply('a', shared, configMap({ a: '1' }));
    expect(object.data).toEqual({ a: '1', b: '2' });
    expect(fieldsOf(object, 'b')).toEqual({ 'f:data': { 'f:b': {} } });
    expect(apply('b', object, configMap({})).object.data).toEqual({ a: '1' });
  });

  it('keeps an element that others have fields in', () => {
    const pod = (rest: object): object => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', ...rest }] },
    });
    const first = stored(apply<Pod>('a', undefined, pod({ image: 'i', workingDir: '/' })).object);
    const second = apply('b', first, pod({ command: ['x'] })).object;
    const { object } = apply('a', second, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: {} });
    expect(object.spec?.containers).toEqual([{ name: 'c', command: ['x'], resources: {} }]);
  });

  it('refuses to change what others own, and says whose it is', () => {
    const live = stored(update('kubectl-client-side-apply', undefined, { ...configMap({ a: '1' }) }));
    const error = refusal(() => apply('me', live, configMap({ a: '2' })));
    expect(error.toStatus()).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.a',
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "kubectl-client-side-apply" using v1',
            field: '.data.a',
          },
        ],
      },
    });
  });

  it('lists every conflict by manager', () => {
    const first = stored(apply<ConfigMap>('x', undefined, configMap({ a: '1', b: '2' })).object);
    const live = update('y', first, { ...first, data: { ...first.data, c: '3' } }, { subresource: 'status' });
    const error = refusal(() => apply('me', live, configMap({ a: '9', b: '9', c: '9' })));
    expect(error.message).toBe(
      'Apply failed with 3 conflicts: conflicts with "x":\n- .data.a\n- .data.b\nconflicts with "y" with subresource "status" using v1:\n- .data.c',
    );
  });

  it('refuses to bring back what another owns and has taken out', () => {
    const live = stored(apply<ConfigMap>('x', undefined, configMap({ a: '1', b: '2' })).object);
    const bare = { ...live, data: { b: '2' } };
    expect(refusal(() => apply('me', bare, configMap({ a: '1' }))).details?.causes?.[0]?.field).toBe('.data.a');
  });

  it('knows an applier again that has moved to another version', () => {
    const live = stored(apply<ConfigMap>('a', undefined, configMap({ a: '1', b: '2' })).object);
    const managedFields = live.metadata.managedFields?.map((entry) => ({ ...entry, apiVersion: 'v0' }));
    const old = { ...live, metadata: { ...live.metadata, managedFields: managedFields ?? [] } };
    const { object } = apply('a', old, configMap({ a: '1' }));
    expect(entriesOf(object)).toEqual([{ manager: 'a', operation: 'Apply', apiVersion: 'v1', time: t0 }]);
    expect(object.data).toEqual({ a: '1' });
  });

  it('compares in the version in which a manager wrote', () => {
    const live = stored(apply<ConfigMap>('x', undefined, configMap({ a: '1' })).object);
    const managedFields = live.metadata.managedFields?.map((entry) => ({ ...entry, apiVersion: 'v0' }));
    const old = { ...live, metadata: { ...live.metadata, managedFields: managedFields ?? [] } };
    const node = builtinSchema.struct(types.ConfigMap);
    const error = refusal(() => apply('me', old, configMap({ a: '9' }), { versionOf: (object) => ({ object, node }) }));
    expect(error.details?.causes?.[0]?.field).toBe('.data.a');
    expect(apply('me', old, configMap({ a: '9' })).object.metadata.managedFields).toHaveLength(1);
  });

  it('takes fields over by force', () => {
    const live = stored(apply<ConfigMap>('a', undefined, configMap({ a: '1', b: '2' })).object);
    const { object } = apply('b', live, configMap({ a: '9' }), { force: true, at: t1 });
    expect(object.data).toEqual({ a: '9', b: '2' });
    expect(fieldsOf(object, 'a')).toEqual({ 'f:data': { 'f:b': {} } });
    expect(fieldsOf(object, 'b')).toEqual({ 'f:data': { 'f:a': {} } });
  });

  it('is no conflict when both want the same', () => {
    const live = stored(apply<ConfigMap>('a', undefined, configMap({ a: '1' })).object);
    const applied = apply('b', live, configMap({ a: '1' }), { at: t1 });
    expect(applied.object.data).toEqual({ a: '1' });
    expect(applied.changed).toBe(true);
    expect(entriesOf(applied.object).map(({ manager }) => manager)).toEqual(['a', 'b']);
  });

  it('merges keyed lists by all their keys and with their defaults', () => {
    const service = (...ports: object[]): object => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { ports },
    });
    const live = stored(
      apply<Service>(
        'a',
        undefined,
        service({ port: 53, protocol: 'TCP', name: 'tcp' }, { port: 53, protocol: 'UDP', name: 'udp' }),
      ).object,
    );
    const { object } = apply('b', live, service({ port: 53, targetPort: 5353 }));
    expect(object.spec?.ports).toEqual([
      { port: 53, protocol: 'TCP', name: 'tcp', targetPort: 5353 },
      { port: 53, protocol: 'UDP', name: 'udp', targetPort: 0 },
    ]);
  });

  it('owns the values of sets one by one', () => {
    const finalized = (...finalizers: string[]): object => ({ ...configMap({}), metadata: { name: 'c', finalizers } });
    const first = stored(apply<ConfigMap>('a', undefined, finalized('k/a', 'k/b')).object);
    const both = apply('b', first, finalized('k/c')).object;
    expect(both.metadata.finalizers).toEqual(['k/a', 'k/b', 'k/c']);
    expect(fieldsOf(both, 'b')).toEqual({ 'f:metadata': { 'f:finalizers': { 'v:"k/c"': {} } } });
    expect(apply('a', both, finalized('k/b')).object.metadata.finalizers).toEqual(['k/b', 'k/c']);
  });

  it('replaces atomic lists, and has them conflict as a whole', () => {
    const pod = (...command: string[]): object => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', command }] },
    });
    const live = stored(apply<Pod>('a', undefined, pod('x', 'y')).object);
    expect(apply('a', live, pod('z')).object.spec?.containers[0]?.command).toEqual(['z']);
    expect(refusal(() => apply('b', live, pod('x'))).details?.causes?.[0]?.field).toBe(
      '.spec.containers[name="c"].command',
    );
  });

  it('orders elements as the configuration does, and leaves those of others where they stood', () => {
    const pod = (...names: string[]): object => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: names.map((name) => ({ name })) },
    });
    const namesOf = ({ object }: Applied<Pod>): string[] | undefined => object.spec?.containers.map(({ name }) => name);
    const live = stored(apply<Pod>('other', undefined, pod('a', 'b', 'c')).object);
    expect(namesOf(apply('me', live, pod('c', 'a')))).toEqual(['b', 'c', 'a']);
    expect(namesOf(apply('me', live, pod('d', 'a')))).toEqual(['d', 'a', 'b', 'c']);
    expect(namesOf(apply('me', live, pod('b', 'd')))).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each([
    [{ spec: { foo: 1 } }, '.spec.foo: field not declared in schema'],
    [{ spec: { replicas: 'x' } }, '.spec.replicas: expected numeric (int or float), got string'],
    [{ spec: { template: { spec: { containers: [{ image: 'x' }] } } } }, 'omits all key fields ["name"]'],
    [
      { spec: { template: { spec: { containers: [{ name: 'a' }, { name: 'a' }] } } } },
      'duplicate entries for key [name="a"]',
    ],
    [{ spec: { template: { spec: { containers: ['a'] } } } }, 'expected map, got string'],
    [{ metadata: { name: 'd', managedFields: [] } }, 'metadata.managedFields must be nil'],
  ])('refuses the configuration %j', (rest, message) => {
    const config = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, ...rest };
    const error = refusal(() => apply('a', undefined, config));
    expect(error.code).toBe(400);
    expect(error.message).toContain(message);
  });

  it('counts what was there before the first apply as the work of before-first-apply', () => {
    const live = stored(configMap({ a: '1', b: '2' }));
    const error = refusal(() => apply('me', live, configMap({ a: '9' })));
    expect(error.message).toBe('Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a');
    const { object } = apply('me', live, configMap({ a: '1' }));
    expect(entriesOf(object).map(({ manager, operation }) => [manager, operation])).toEqual([
      ['me', 'Apply'],
      ['before-first-apply', 'Update'],
    ]);
  });

  it('lets kubectl take over what its client-side apply had set', () => {
    const annotated = (data: Record<string, string>): ConfigMap => {
      const config = configMap(data);
      const annotations = { [LAST_APPLIED]: JSON.stringify(config) };
      return { ...config, metadata: { ...config.metadata, annotations } };
    };
    const live = stored(update('kubectl-client-side-apply', undefined, annotated({ a: '1', b: '2' })));
    const { object } = apply('kubectl', live, configMap({ a: '9' }));
    expect(object.data).toEqual({ a: '9', b: '2' });
    expect(object.metadata.annotations?.[LAST_APPLIED]).toBe(`${JSON.stringify(configMap({ a: '9' }))}\n`);
    expect(refusal(() => apply('other', live, configMap({ a: '9' }))).code).toBe(409);
    const otherVersion = { ...configMap({ a: '1' }), apiVersion: 'v0' };
    const annotations = { [LAST_APPLIED]: JSON.stringify(otherVersion) };
    const strange = { ...live, metadata: { ...live.metadata, annotations } };
    expect(refusal(() => apply('kubectl', strange, configMap({ a: '9' }))).code).toBe(409);
    const drifted = update('editor', live, { ...live, data: { a: '5', b: '2' } });
    expect(refusal(() => apply('kubectl', drifted, configMap({ a: '9' }))).message).toContain('conflict with "editor"');
  });

  it('runs defaults before it decides whether anything changed', () => {
    const setDefaults = (object: KubeObject): void => {
      (object as ConfigMap).immutable ??= true;
    };
    const live = stored(apply<ConfigMap>('a', undefined, configMap({ a: '1' }), { setDefaults }).object);
    expect(live.immutable).toBe(true);
    expect(apply('a', live, configMap({ a: '1' }), { setDefaults, at: t1 }).changed).toBe(false);
  });

  it('owns no fields that the request cannot write', () => {
    const config = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: { replicas: 1 },
      status: { replicas: 3 },
    };
    const { object } = apply<Deployment>('a', undefined, config, { resetFields: [['status']] });
    expect(fieldsOf(object, 'a')).toEqual({ 'f:spec': { 'f:replicas': {} } });
  });

  it('keeps __proto__ data', () => {
    const config = {
      ...configMap({}),
      data: JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>,
    };
    const { object } = apply<ConfigMap>('a', undefined, config);
    expect(JSON.stringify(object.data)).toBe('{"__proto__":"x","constructor":"y"}');
    expect(apply('a', stored(object), config).changed).toBe(false);
    expect(apply('a', stored(object), configMap({})).object.data).toBeUndefined();
  });
});

it('refuses names that are no texts without stumbling over them', () => {
  const metadata = { name: { toString: '..' }, namespace: { valueOf: 1 } };
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
  expect(() => apply('a', undefined, config)).toThrow(expect.objectContaining({ reason: 'BadRequest' }));
});
