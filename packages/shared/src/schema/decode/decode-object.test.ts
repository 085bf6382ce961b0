import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatusError } from '../../errors/index.ts';
import { type DecodeOptions, decodeObject } from './decode-object.ts';

const deployment = 'io.k8s.api.apps.v1.Deployment';
const pod = 'io.k8s.api.core.v1.Pod';
const decode = (type: string, body: unknown, options?: DecodeOptions) =>
  decodeObject<Record<string, never>>(type, body, options).object;

function refusal(type: string, body: unknown, options?: DecodeOptions): StatusError {
  try {
    decodeObject(type, body, options);
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('decoding a body', () => {
  it('writes what Go always writes and leaves out what Go omits', () => {
    expect(
      decode(deployment, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', labels: {}, creationTimestamp: null, annotations: { a: '' } },
        spec: {
          replicas: 0,
          paused: false,
          minReadySeconds: 0,
          selector: { matchLabels: { app: 'web' } },
          template: { spec: { containers: [{ name: 'c', env: [], command: null, stdin: false }], volumes: [] } },
        },
      }),
    ).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', annotations: { a: '' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        strategy: {},
        template: { metadata: {}, spec: { containers: [{ name: 'c', resources: {} }] } },
      },
      status: {},
    });
  });

  it('takes a null among bytes for no bytes, as nothing else can be stored there', () => {
    expect(decode('io.k8s.api.core.v1.Secret', { data: { a: null } })).toMatchObject({ data: { a: '' } });
    expect(decode('io.k8s.api.core.v1.ConfigMap', { data: { a: null } })).toMatchObject({ data: { a: '' } });
  });

  it('brings quantities, times and base64 into the form that is stored', () => {
    const body = {
      metadata: { name: 'a', deletionTimestamp: '2026-01-01T10:00:00+02:00' },
      spec: { containers: [{ name: 'c', resources: { limits: { cpu: 0.5, memory: '1024Ki' } } }] },
    };
    expect(decode(pod, body)).toMatchObject({
      metadata: { deletionTimestamp: '2026-01-01T08:00:00Z' },
      spec: { containers: [{ resources: { limits: { cpu: '500m', memory: '1Mi' } } }] },
    });
    expect(decode('io.k8s.api.core.v1.Secret', { data: { a: 'YWJj\nZA==' } })).toMatchObject({
      data: { a: 'YWJjZA==' },
    });
    expect(decode('io.k8s.api.coordination.v1.Lease', { spec: { renewTime: '2026-01-01T10:00:00Z' } })).toMatchObject({
      spec: { renewTime: '2026-01-01T10:00:00.000000Z' },
    });
  });

  it('shares nothing with the body', () => {
    const body = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c' }] } };
    const before = structuredClone(body);
    const decoded = decodeObject<{ metadata: { labels: Record<string, string> } }>(pod, body).object;
    decoded.metadata.labels['a'] = 'changed';
    expect(body).toEqual(before);
  });

  it('takes __proto__ and constructor for data', () => {
    const body = JSON.parse('{"metadata":{"labels":{"__proto__":"x","constructor":"y"}},"__proto__":{"polluted":1}}');
    const decoded = decode('io.k8s.api.core.v1.ConfigMap', body);
    expect(JSON.stringify(decoded)).toBe('{"metadata":{"labels":{"__proto__":"x","constructor":"y"}}}');
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  });
});

describe('unknown and duplicate fields', () => {
  const body = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    spec: { foo: 1, template: { spec: { containers: [{ name: 'a' }, { name: 'b', imagee: 'x' }] } } },
  };

  it('are left out when ignored', () => {
    const { object, warnings } = decodeObject<{ spec: object }>(deployment, body);
    expect(object.spec).not.toHaveProperty('foo');
    expect(warnings).toEqual([]);
  });

  it('are warned of when asked', () => {
    expect(decodeObject(deployment, body, { fieldValidation: 'Warn' }).warnings).toEqual([
      'unknown field "spec.foo"',
      'unknown field "spec.template.spec.containers[1].imagee"',
    ]);
  });

  it('are told with what stands twice as they stand in the body', () => {
    const { spec } = body;
    const labels = { 'a.b/c': 'x', z: 'y' };
    const whole = { ...body, metadata: { labels, nam: 'x' }, spec: { foo: 1, replicas: 2, template: spec.template } };
    const strictErrors = ['duplicate field "metadata.labels.a.b/c"', 'duplicate field "spec.replicas"'];
    expect(decodeObject(deployment, whole, { fieldValidation: 'Warn', strictErrors }).warnings).toEqual([
      'unknown field "spec.foo"',
      'duplicate field "spec.replicas"',
      'unknown field "spec.template.spec.containers[1].imagee"',
      'duplicate field "metadata.labels.a.b/c"',
      'unknown field "metadata.nam"',
    ]);
  });

  it('are refused when strict', () => {
    expect(refusal(deployment, body, { fieldValidation: 'Strict' }).message).toBe(
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.foo", unknown field "spec.template.spec.containers[1].imagee"',
    );
  });

  it('are told at most a hundred times', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, i]));
    expect(decodeObject(deployment, { spec: many }, { fieldValidation: 'Warn' }).warnings).toHaveLength(100);
  });
});

describe('values of a wrong type', () => {
  it.each([
    [
      deployment,
      { spec: { replicas: 'three' } },
      'string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      deployment,
      { spec: { replicas: 1.5 } },
      'number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      deployment,
      { spec: { replicas: 3e9 } },
      'number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [deployment, { spec: [] }, 'array into Go struct field Deployment.spec of type v1.DeploymentSpec'],
    [pod, { spec: { containers: {} } }, 'object into Go struct field PodSpec.spec.containers of type []v1.Container'],
    [pod, { spec: { containers: ['a'] } }, 'string into Go struct field PodSpec.spec.containers of type v1.Container'],
    [
      pod,
      { spec: { containers: [{ env: [{ value: 1 }] }] } },
      'number into Go struct field EnvVar.spec.containers.env.value of type string',
    ],
    [
      pod,
      { spec: { restartPolicy: true } },
      'bool into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy',
    ],
    [pod, { metadata: { labels: { a: 1 } } }, 'number into Go struct field ObjectMeta.metadata.labels of type string'],
    [
      pod,
      { metadata: { labels: 'a' } },
      'string into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    ],
    [
      pod,
      { spec: { containers: [{ resources: { limits: [] } }] } },
      'array into Go struct field ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList',
    ],
    [
      pod,
      { spec: { volumes: [{ secret: 'x' }] } },
      'string into Go struct field Volume.spec.volumes.secret of type v1.SecretVolumeSource',
    ],
  ])('in %s: %j', (type, body, message) => {
    const kind = type.slice(type.lastIndexOf('.') + 1);
    expect(refusal(type, body).message).toBe(
      `${kind} in version "v1" cannot be handled as a ${kind}: json: cannot unmarshal ${message}`,
    );
  });

  it.each([
    [
      pod,
      { spec: { containers: [{ resources: { limits: { cpu: 'much' } } }] } },
      'quantities must match the regular expression',
    ],
    [
      pod,
      { metadata: { deletionTimestamp: 'soon' } },
      'parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006"',
    ],
    ['io.k8s.api.core.v1.Secret', { data: { a: 'no base64' } }, 'illegal base64 data at input byte 2'],
    [
      'io.k8s.api.core.v1.Service',
      { spec: { ports: [{ targetPort: {} }] } },
      'cannot unmarshal object into Go value of type int32',
    ],
  ])('in %s: %j has the message of the type', (type, body, message) => {
    expect(refusal(type, body).message).toContain(message);
  });

  it('are all named as causes', () => {
    const body = { spec: { replicas: 'x', template: { spec: { containers: [{ name: 1 }] } } } };
    const { code, reason, details } = refusal(deployment, body);
    expect({ code, reason }).toEqual({ code: 400, reason: 'BadRequest' });
    expect(details?.causes?.map(({ field }) => field)).toEqual([
      'spec.replicas',
      'spec.template.spec.containers[0].name',
    ]);
  });

  it('include a body that is no object', () => {
    expect(refusal(pod, []).message).toBe(
      'the object provided is unrecognized (must be of type Pod): couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)',
    );
  });

  it('include values nested without end', () => {
    let selector: object = {};
    for (let i = 0; i < 2000; i += 1) selector = { matchLabels: { a: selector } };
    expect(refusal(deployment, { spec: { selector } }).reason).toBe('BadRequest');
  });
});

it('decoding twice is decoding once, and never throws anything but a Status', () => {
  const names = fc.constantFrom(
    'metadata',
    'name',
    'labels',
    'spec',
    'containers',
    'template',
    'replicas',
    'status',
    '__proto__',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 6 }, fc.string(), fc.integer(), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 3 }),
    object: fc.dictionary(names, tie('value'), { maxKeys: 5 }),
  }));
  fc.assert(
    fc.property(value, (body) => {
      try {
        const once = decodeObject(deployment, body).object;
        expect(decodeObject(deployment, once).object).toEqual(once);
      } catch (error) {
        expect(error).toBeInstanceOf(StatusError);
      }
    }),
  );
});
