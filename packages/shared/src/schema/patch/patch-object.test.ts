import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatusError } from '../../errors/index.ts';
import { builtinKinds } from '../../registry/index.ts';
import type { JsonObject } from '../data.ts';
import { type DecodeOptions, decodeObject } from '../decode/decode-object.ts';
import type { Container, Deployment, Pod, Service } from '../generated/types.ts';
import { builtinSchema } from '../schema-set.ts';
import { filledObject } from '../testing/sample.ts';
import { mergePatch } from './merge-patch.ts';
import { patchObject, patchTypes } from './patch-object.ts';

const types = {
  Deployment: 'io.k8s.api.apps.v1.Deployment',
  Pod: 'io.k8s.api.core.v1.Pod',
  Service: 'io.k8s.api.core.v1.Service',
  PodDisruptionBudget: 'io.k8s.api.policy.v1.PodDisruptionBudget',
};

const container = (name: string, rest: Partial<Container> = {}): Container => ({ name, resources: {}, ...rest });
const pod = (...containers: Container[]): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers },
  status: {},
});

const strategic = <T extends object>(kind: keyof typeof types, live: T, body: unknown, options?: DecodeOptions): T => {
  const before = JSON.stringify([live, body]);
  const { object } = patchObject(types[kind], live, { contentType: patchTypes.strategic, body }, options);
  expect(JSON.stringify([live, body])).toBe(before);
  return object;
};
const containersOf = (patched: Pod): string[] | undefined => patched.spec?.containers.map(({ name }) => name);

describe('a strategic merge patch', () => {
  const live = pod(container('a', { image: 'a:1', command: ['x'] }), container('b', { image: 'b:1' }));

  it('merges elements by their merge key and keeps the others', () => {
    const patched = strategic('Pod', live, { spec: { containers: [{ name: 'b', image: 'b:2' }] } });
    expect(patched.spec?.containers).toEqual([
      container('a', { image: 'a:1', command: ['x'] }),
      container('b', { image: 'b:2' }),
    ]);
  });

  it('puts new elements first, as Kubernetes does, and where $setElementOrder says when it is there', () => {
    const addition = { spec: { containers: [{ name: 'c' }] } };
    expect(containersOf(strategic('Pod', live, addition))).toEqual(['c', 'a', 'b']);
    const two = { spec: { containers: [{ name: 'c' }, { name: 'd' }] } };
    expect(containersOf(strategic('Pod', live, two))).toEqual(['c', 'd', 'a', 'b']);
    const ordered = {
      spec: { ...addition.spec, '$setElementOrder/containers': [{ name: 'b' }, { name: 'c' }, { name: 'a' }] },
    };
    expect(containersOf(strategic('Pod', live, ordered))).toEqual(['b', 'c', 'a']);
  });

  it('orders without changing when only the order is given', () => {
    const body = { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } };
    const patched = strategic('Pod', live, body);
    expect(containersOf(patched)).toEqual(['b', 'a']);
    expect(patched.spec?.containers[1]?.command).toEqual(['x']);
  });

  it('keeps elements that the order does not name among their neighbours', () => {
    const many = pod(...['a', 'server', 'b', 'c'].map((name) => container(name)));
    const body = { spec: { '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }, { name: 'c' }] } };
    expect(containersOf(strategic('Pod', many, body))).toEqual(['a', 'server', 'b', 'c']);
  });

  it('deletes an element with $patch: delete', () => {
    const body = { spec: { containers: [{ name: 'a', $patch: 'delete' }] } };
    expect(containersOf(strategic('Pod', live, body))).toEqual(['b']);
  });

  it('puts a new element into the place of a deleted one, as Kubernetes does', () => {
    const many = pod(...['a', 'b', 'd'].map((name) => container(name)));
    const spec = {
      containers: [{ name: 'c' }, { name: 'a', $patch: 'delete' }],
      '$setElementOrder/containers': [{ name: 'b' }, { name: 'c' }],
    };
    expect(containersOf(strategic('Pod', many, { spec }))).toEqual(['b', 'd', 'c']);
    const nothing = {
      containers: [{ name: 'c' }, { name: 'gone', $patch: 'delete' }],
      '$setElementOrder/containers': [{ name: 'c' }],
    };
    expect(containersOf(strategic('Pod', many, { spec: nothing }))).toEqual(['c', 'a', 'b', 'd']);
    const larger = { ...spec, containers: [{ name: 'c' }, { name: 'e' }, { name: 'a', $patch: 'delete' }] };
    larger['$setElementOrder/containers'] = [{ name: 'c' }, { name: 'b' }, { name: 'e' }];
    expect(containersOf(strategic('Pod', many, { spec: larger }))).toEqual(['d', 'c', 'b', 'e']);
  });

  it('replaces a list with $patch: replace', () => {
    const body = { spec: { containers: [{ name: 'z' }, { $patch: 'replace' }] } };
    expect(containersOf(strategic('Pod', live, body))).toEqual(['z']);
  });

  it('replaces a struct with $patch: replace and empties it with $patch: delete', () => {
    const labelled = { ...live, metadata: { name: 'p', labels: { a: '1', b: '2' } } };
    const replaced = strategic('Pod', labelled, { metadata: { labels: { $patch: 'replace', c: '3' } } });
    expect(replaced.metadata.labels).toEqual({ c: '3' });
    const emptied = strategic('Pod', labelled, { metadata: { labels: { $patch: 'delete' } } });
    expect(emptied.metadata).toEqual({ name: 'p' });
  });

  it('replaces lists that have no merge strategy', () => {
    const patched = strategic('Pod', live, { spec: { containers: [{ name: 'a', command: ['y', 'z'] }] } });
    expect(patched.spec?.containers[0]?.command).toEqual(['y', 'z']);
  });

  it('removes what is null, also in values that are new', () => {
    const body = {
      spec: { containers: [{ name: 'a', image: null }], securityContext: { runAsUser: null, fsGroup: 1 } },
    };
    const patched = strategic('Pod', live, body);
    expect(patched.spec?.containers[0]).toEqual(container('a', { command: ['x'] }));
    expect(patched.spec?.securityContext).toEqual({ fsGroup: 1 });
  });

  it('adds to lists of scalars that merge, and takes out with $deleteFromPrimitiveList', () => {
    const finalized = { ...live, metadata: { name: 'p', finalizers: ['k/a', 'k/b'] } };
    const added = strategic('Pod', finalized, { metadata: { finalizers: ['k/c', 'k/a'] } });
    expect(added.metadata.finalizers?.toSorted()).toEqual(['k/a', 'k/b', 'k/c']);
    const removed = strategic('Pod', finalized, {
      metadata: { '$deleteFromPrimitiveList/finalizers': ['k/a'], '$setElementOrder/finalizers': ['k/b'] },
    });
    expect(removed.metadata.finalizers).toEqual(['k/b']);
  });

  it('retains only the keys that $retainKeys names', () => {
    const rolling: Deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        selector: {},
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
        template: { metadata: {}, spec: { containers: [] } },
      },
    };
    const body = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    expect(strategic('Deployment', rolling, body).spec?.strategy).toEqual({ type: 'Recreate' });
    const bad = { spec: { strategy: { $retainKeys: ['rollingUpdate'], type: 'Recreate' } } };
    expect(() => strategic('Deployment', rolling, bad)).toThrow('invalid patch format of retainKeys');
  });

  it('uses the merge keys that Kubernetes declares', () => {
    const service: Service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: {
        ports: [
          { name: 'a', port: 80, targetPort: 1 },
          { name: 'b', port: 81, targetPort: 2 },
        ],
      },
    };
    const patched = strategic('Service', service, { spec: { ports: [{ port: 80, targetPort: 9 }] } });
    expect(patched.spec?.ports?.map(({ targetPort }) => targetPort)).toEqual([9, 2]);
    const volumes = { ...live, spec: { containers: [], volumes: [{ name: 'v', emptyDir: {} }] } };
    const swapped = strategic('Pod', volumes, {
      spec: { volumes: [{ $retainKeys: ['name', 'secret'], name: 'v', secret: {} }] },
    });
    expect(swapped.spec?.volumes).toEqual([{ name: 'v', secret: {} }]);
  });

  it('replaces a selector that is declared so', () => {
    const budget = { metadata: { name: 'b' }, spec: { selector: { matchLabels: { a: '1' } } } };
    const patched = strategic('PodDisruptionBudget', budget, { spec: { selector: { matchLabels: { b: '2' } } } });
    expect(patched.spec.selector).toEqual({ matchLabels: { b: '2' } });
  });

  it('takes directives out of values that are new', () => {
    const body = {
      spec: {
        volumes: [{ name: 'v' }, { name: 'gone', $patch: 'delete' }],
        '$setElementOrder/volumes': [{ name: 'v' }],
      },
    };
    expect(strategic('Pod', live, body, { fieldValidation: 'Strict' }).spec?.volumes).toEqual([{ name: 'v' }]);
  });

  it.each([
    [{ spec: { containers: [{ image: 'x' }] } }, 'does not contain declared merge key: name'],
    [{ spec: { containers: [{ name: 'a', $patch: 'explode' }] } }, 'unknown patch type: explode'],
    [{ spec: { containers: [{ name: 'a', $patch: 'merge' }] } }, 'merging lists cannot yet be specified in the patch'],
    [{ spec: { $patch: 'merge' } }, 'unknown patch type: merge'],
    [{ spec: { $patch: { toString: null } } }, 'unknown patch type: {"toString":null}'],
    [{ spec: { containers: ['a'] } }, 'not of one kind'],
    [{ spec: { containers: [['a']] } }, 'lists of lists are not supported'],
    [{ spec: { '$setElementOrder/containers': 'a' } }, 'invalid patch format of setElementOrder list'],
    [{ spec: { '$setElementOrder/containers': [{}] } }, 'does not contain declared merge key: name'],
    [{ metadata: { '$deleteFromPrimitiveList/finalizers': 'a' } }, 'invalid patch format of primitive list'],
    [
      {
        spec: {
          containers: [{ name: 'a' }, { name: 'b' }],
          '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
        },
      },
      "The order in patch list doesn't match",
    ],
    [[], 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ])('%j is refused', (body, message) => {
    expect(() => strategic('Pod', live, body)).toThrow(message);
  });

  it('applied twice is applied once', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const element = fc.record(
      {
        name,
        image: fc.option(fc.constantFrom('x', 'y')),
        $patch: fc.option(fc.constant('delete'), { freq: 5, nil: undefined }),
      },
      { requiredKeys: ['name'] },
    );
    const list = fc.uniqueArray(element, { selector: (one) => one.name });
    fc.assert(
      fc.property(list, (containers) => {
        const body = { spec: { containers: containers.map((one) => JSON.parse(JSON.stringify(one)) as JsonObject) } };
        const once = strategic('Pod', live, body);
        expect(strategic('Pod', once, body)).toEqual(once);
      }),
    );
  });
});

describe('a merge patch', () => {
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j gives %j (RFC 7386, appendix A)', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected);
  });

  it('keeps __proto__ data', () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__":{"polluted":1}}')) as object;
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"polluted":1}}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('the outcome of a patch', () => {
  const live = pod(container('a'));
  const refusal = (contentType: string, body: unknown, options?: DecodeOptions): StatusError => {
    try {
      patchObject(types.Pod, live, { contentType, body }, options);
    } catch (error) {
      if (error instanceof StatusError) return error;
    }
    throw new Error('accepted');
  };

  it('is decoded like any body', () => {
    const body = { spec: { containers: [{ name: 'a', resources: { limits: { cpu: '1000m' } } }], hostNetwork: false } };
    const { object } = patchObject(types.Pod, live, { contentType: patchTypes.merge, body });
    expect(object.spec).toEqual({ containers: [container('a', { resources: { limits: { cpu: '1' } } })] });
  });

  it.each(
    builtinKinds.filter((kind) => kind.strategy !== undefined).map((kind) => [kind.kind, kind] as const),
  )('shares nothing with the %s that was there, also where the patch leaves it alone, and is what decoding all of it gives', (kind, {
    versions: [{ schema, group, version }],
  }) => {
    if (typeof schema !== 'string') return;
    const apiVersion = group === '' ? version : `${group}/${version}`;
    const { object: stored } = decodeObject(schema, filledObject(builtinSchema.struct(schema), apiVersion, kind));
    const body = { metadata: { labels: { added: 'x' } } };
    const { object } = patchObject(schema, stored, { contentType: patchTypes.merge, body });
    expect(object).toEqual(decodeObject(schema, mergePatch(stored, body)).object);
    const [fresh, former] = [object, stored] as unknown as [JsonObject, JsonObject];
    for (const name of ['metadata', 'spec', 'status'])
      if (former[name] !== undefined) expect(fresh[name]).not.toBe(former[name]);
  });

  it('is refused as invalid when it is no such object', () => {
    const error = refusal(patchTypes.merge, { spec: { hostname: 1 } });
    expect({ code: error.code, message: error.message }).toEqual({
      code: 422,
      message:
        ' "" is invalid: patch: Invalid value: "{\\"spec\\":{\\"hostname\\":1}}": json: cannot unmarshal number into Go struct field PodSpec.spec.hostname of type string',
    });
  });

  it('is refused or warned of for unknown fields', () => {
    const body = { spec: { foo: 1 } };
    expect(refusal(patchTypes.strategic, body, { fieldValidation: 'Strict' }).message).toContain(
      'strict decoding error: unknown field "spec.foo"',
    );
    const patch = { contentType: patchTypes.merge, body };
    expect(patchObject(types.Pod, live, patch, { fieldValidation: 'Warn' }).warnings).toEqual([
      'unknown field "spec.foo"',
    ]);
  });

  it.each([
    [{ spec: { terminationGracePeriodSeconds: 'x' } }, 'unrecognized type: int64'],
    [{ spec: { terminationGracePeriodSeconds: 1.5 } }, 'cannot convert float64 to int64'],
    [{ spec: { hostname: 1 } }, 'cannot convert int64 to string'],
    [{ spec: { restartPolicy: 1 } }, 'cannot convert int64 to v1.RestartPolicy'],
    [{ spec: { hostname: true } }, 'unrecognized type: string'],
    [{ spec: { hostNetwork: 'true' } }, 'unrecognized type: bool'],
    [{ spec: { securityContext: { fsGroup: {} } } }, 'unrecognized type: int64'],
    [{ spec: { containers: 'x' } }, 'cannot restore slice from string'],
    [{ spec: { containers: {} } }, 'cannot restore slice from map'],
    [{ spec: 'x' }, 'cannot restore struct from: string'],
    [{ spec: [] }, 'cannot restore struct from: slice'],
    [{ metadata: { labels: 1.5 } }, 'cannot restore map from float64'],
    [{ metadata: { labels: { a: 1 } } }, 'cannot convert int64 to string'],
    [
      { spec: { containers: [{ name: 'a', livenessProbe: { httpGet: { port: true } } }] } },
      'json: cannot unmarshal bool into Go value of type int32',
    ],
    [
      { spec: { priority: 2 ** 40 } },
      `json: cannot unmarshal number ${2 ** 40} into Go struct field PodSpec.spec.priority of type int32`,
    ],
  ])('of a strategic patch %j has no such type', (body, why) => {
    const { code, message } = refusal(patchTypes.strategic, body);
    expect({ code, why: message.slice(message.lastIndexOf('}": ') + 4) }).toEqual({ code: 422, why });
  });

  it('is refused or warned of for what is no field of an operation', () => {
    const body = [
      { op: 'test', path: '/kind', value: 'Pod' },
      { zz: 1, op: 'add', path: '/spec/foo', value: 1, Op: 'remove' },
    ];
    const options = { strictErrors: ['duplicate field "[1].op"'] };
    const told = [
      'json patch unknown field "[1].zz"',
      'json patch duplicate field "[1].op"',
      'json patch unknown field "[1].Op"',
      'unknown field "spec.foo"',
    ];
    const patch = { contentType: patchTypes.json, body };
    expect(patchObject(types.Pod, live, patch, { ...options, fieldValidation: 'Warn' }).warnings).toEqual(told);
    expect(patchObject(types.Pod, live, patch, { ...options, fieldValidation: 'Ignore' }).warnings).toEqual([]);
    const refused = refusal(patchTypes.json, body, { ...options, fieldValidation: 'Strict' });
    expect(refused.message).toContain(`: strict decoding error: ${told.join(', ')}`);
  });

  it.each([
    [patchTypes.json, {}, 'object into Go value of type []handlers.jsonPatchOp'],
    [patchTypes.json, [1], 'number into Go value of type handlers.jsonPatchOp'],
    [patchTypes.json, [{ op: 1, path: '' }], 'number into Go struct field jsonPatchOp.op of type string'],
    [patchTypes.merge, 'x', 'string into Go value of type map[string]interface {}'],
  ])('of %s %j is none: it is no patch', (type, body, what) => {
    const { code, message } = refusal(type, body);
    expect({ code, message }).toEqual({ code: 400, message: `error decoding patch: json: cannot unmarshal ${what}` });
  });

  it('tells why a JSON patch does not fit', () => {
    const error = refusal(patchTypes.json, [{ op: 'remove', path: '/spec/volumes' }]);
    expect(error.code).toBe(422);
    expect(error.details?.causes?.[0]?.message).toBe('there is no "volumes"');
    expect(refusal(patchTypes.json, [{ op: 'replace', path: '', value: 1 }]).code).toBe(422);
  });

  it('depends on a known content type', () => {
    expect(refusal('application/json', {}).code).toBe(415);
  });
});
