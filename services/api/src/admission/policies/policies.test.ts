import type { KubeObject } from '@kubus/shared/object';
import type { ValidatingAdmissionPolicy } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  admin,
  type Client,
  configMap,
  core,
  startCluster,
  type TestCluster,
  user,
} from '../../pipeline/testing/cluster.ts';
import { install, uninstall } from '../testing/configurations.ts';

const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
const deployments = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'default' } as const;

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster();
  client = cluster.as(admin);
}, 60_000);
afterEach(async () => {
  await uninstall(cluster, 'validatingadmissionpolicies');
  await uninstall(cluster, 'validatingadmissionpolicybindings');
  await uninstall(cluster, 'mutatingadmissionpolicies');
  await uninstall(cluster, 'mutatingadmissionpolicybindings');
  for (const resource of ['configmaps', 'deployments']) {
    const target = resource === 'configmaps' ? maps : deployments;
    await client.send({ ...target, verb: 'deletecollection' });
  }
});
afterAll(() => cluster.stop());

const rules = (resources: string[], operations = ['CREATE', 'UPDATE'], apiGroups = ['']) => ({
  resourceRules: [{ operations, apiGroups, apiVersions: ['v1'], resources }],
});

async function validating(spec: object, binding: object = {}, name = 'rule'): Promise<void> {
  const standard = { failurePolicy: 'Fail', matchConstraints: rules(['configmaps']) };
  await install(cluster, 'validatingadmissionpolicies', name, { spec: { ...standard, ...spec } });
  const bound = { policyName: name, validationActions: ['Deny'], ...binding };
  await install(cluster, 'validatingadmissionpolicybindings', `${name}-binding`, { spec: bound });
}

async function mutating(spec: object, binding: object = {}, name = 'change'): Promise<void> {
  const standard = { failurePolicy: 'Fail', reinvocationPolicy: 'Never', matchConstraints: rules(['configmaps']) };
  await install(cluster, 'mutatingadmissionpolicies', name, { spec: { ...standard, ...spec } });
  await install(cluster, 'mutatingadmissionpolicybindings', `${name}-binding`, {
    spec: { policyName: name, ...binding },
  });
}

function deployment(name: string, replicas: number): object {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
  return { metadata: { name }, spec: { replicas, selector: { matchLabels: { a: 'b' } }, template } };
}

describe('a validating policy', () => {
  it('denies by expression, with the words and the reason that it has for it', async () => {
    await validating({
      matchConstraints: rules(['deployments'], ['CREATE', 'UPDATE'], ['apps']),
      variables: [
        { name: 'replicas', expression: 'object.spec.replicas' },
        { name: 'tooMany', expression: 'variables.replicas > 3' },
      ],
      validations: [
        { expression: '!variables.tooMany', messageExpression: "'at most 3, not ' + string(variables.replicas)" },
        { expression: 'object.spec.replicas != 2', message: 'not two', reason: 'Forbidden' },
        { expression: 'object.spec.replicas != 1' },
      ],
    });
    const create = (replicas: number) =>
      client.refused({ ...deployments, verb: 'create', body: deployment('web', replicas) });
    const many = "ValidatingAdmissionPolicy 'rule' with binding 'rule-binding' denied request: at most 3, not 9";
    expect(await create(9)).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: `deployments.apps "web" is forbidden: ${many}`,
      details: { group: 'apps', kind: 'deployments', name: 'web', causes: [{ message: many }] },
    });
    expect(await create(2)).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect((await create(1)).message).toContain('failed expression: object.spec.replicas != 1');
    await client.ok({ ...deployments, verb: 'create', body: deployment('web', 3) });
  });

  it('sees the object before, the namespace, the user and what he may do', async () => {
    await validating({
      validations: [
        { expression: 'oldObject == null || oldObject.data.lock == object.data.lock', message: 'locked' },
        { expression: "namespaceObject.metadata.name == 'default'" },
        {
          expression:
            "request.userInfo.username != 'kubernetes-admin' || authorizer.group('').resource('pods').namespace('default').check('delete').allowed()",
        },
        {
          expression: "!('dev' in request.userInfo.groups) || authorizer.requestResource.check('impossible').allowed()",
          message: 'no devs',
        },
        {
          expression:
            "request.operation in ['CREATE', 'UPDATE'] && request.kind.kind == 'ConfigMap' && !request.dryRun",
        },
      ],
    });
    await client.ok({ ...maps, verb: 'create', body: configMap('locked', { lock: 'a' }) });
    const change = { ...maps, verb: 'update', name: 'locked', body: configMap('locked', { lock: 'b' }) } as const;
    expect((await client.refused(change)).message).toContain('denied request: locked');
    const dev = cluster.as(user('joe', 'dev', 'system:masters'));
    await dev.ok({ ...maps, verb: 'update', name: 'locked', body: configMap('locked', { lock: 'a', more: 'x' }) });
    expect(
      (await client.send({ ...maps, verb: 'create', body: configMap('dry'), query: { dryRun: 'All' } })).code,
    ).toBe(422);
  });

  it('warns or writes down where its binding does not want it to deny', async () => {
    await validating(
      { validations: [{ expression: 'false', message: 'never' }] },
      { validationActions: ['Warn', 'Audit'] },
    );
    const notes = new Map<string, string>();
    const audit = {
      annotate: (key: string, value: string) => void notes.set(key, value),
      requested: () => undefined,
      responded: () => undefined,
      started: () => undefined,
    };
    const context = { user: admin, userAgent: 'test', signal: new AbortController().signal, audit };
    const made = await cluster.pipeline.handle({ ...maps, verb: 'create', body: configMap('warned') }, context);
    expect([made.code, made.warnings]).toEqual([
      201,
      ["Validation failed for ValidatingAdmissionPolicy 'rule' with binding 'rule-binding': never"],
    ]);
    expect(JSON.parse(notes.get('validation.policy.admission.k8s.io/validation_failure') ?? '')).toEqual([
      {
        message: 'never',
        policy: 'rule',
        binding: 'rule-binding',
        expressionIndex: 0,
        validationActions: ['Warn', 'Audit'],
      },
    ]);
  });

  it('annotates the audit log', async () => {
    await validating({
      validations: [{ expression: 'true' }],
      auditAnnotations: [
        { key: 'size', valueExpression: "string(size(object.data)) + ' keys'" },
        { key: 'none', valueExpression: 'null' },
      ],
    });
    const notes = new Map<string, string>();
    const audit = {
      annotate: (key: string, value: string) => void notes.set(key, value),
      requested: () => undefined,
      responded: () => undefined,
      started: () => undefined,
    };
    const context = { user: admin, userAgent: 'test', signal: new AbortController().signal, audit };
    await cluster.pipeline.handle(
      { ...maps, verb: 'create', body: configMap('annotated', { a: '1', b: '2' }) },
      context,
    );
    expect([notes.get('rule/size'), notes.has('rule/none')]).toEqual(['2 keys', false]);
  });

  it('refuses what it cannot judge, unless its failures are to be ignored', async () => {
    const validations = [{ expression: 'object.data.missing == "x"' }];
    await validating({ validations });
    expect((await client.refused({ ...maps, verb: 'create', body: configMap('a', { b: 'c' }) })).message).toContain(
      'expression \'object.data.missing == "x"\' resulted in error: no such key: missing',
    );
    await uninstall(cluster, 'validatingadmissionpolicies');
    await uninstall(cluster, 'validatingadmissionpolicybindings');
    await validating({ validations, failurePolicy: 'Ignore' });
    await client.ok({ ...maps, verb: 'create', body: configMap('a', { b: 'c' }) });
  });

  it('cannot be made to compute without end', async () => {
    const all = 'object.data.all(a, object.data.all(b, object.data.all(c, object.data.all(d, a + b + c + d != "x"))))';
    await validating({ validations: [{ expression: all }] });
    const data = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, 'v']));
    const status = await client.refused({ ...maps, verb: 'create', body: configMap('bomb', data) });
    expect(status.message).toMatch(/cost (limit exceeded|budget)/);
  });

  it('is asked only where its conditions hold', async () => {
    await validating({
      matchConditions: [
        { name: 'not-system', expression: "!object.metadata.name.startsWith('system-')" },
        { name: 'broken', expression: "object.data.nothing == 'x'" },
      ],
      validations: [{ expression: 'false' }],
    });
    await client.ok({ ...maps, verb: 'create', body: configMap('system-a', { a: 'b' }) });
    expect((await client.refused({ ...maps, verb: 'create', body: configMap('other', { a: 'b' }) })).message).toContain(
      'no such key: nothing',
    );
  });

  it('matches by rules, exceptions, names and selectors of policy and binding', async () => {
    await validating(
      {
        matchConstraints: {
          ...rules(['configmaps']),
          excludeResourceRules: [{ ...rules(['configmaps']).resourceRules[0], resourceNames: ['excepted'] }],
          objectSelector: { matchExpressions: [{ key: 'free', operator: 'DoesNotExist' }] },
        },
        validations: [{ expression: 'false' }],
      },
      { matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } } },
    );
    await client.ok({ ...maps, verb: 'create', body: configMap('excepted') });
    await client.ok({ ...maps, verb: 'create', body: { metadata: { name: 'free', labels: { free: 'yes' } } } });
    await client.ok({ ...maps, namespace: 'kube-public', verb: 'create', body: configMap('elsewhere') });
    await client.refused({ ...maps, verb: 'create', body: configMap('held') });
  });

  it("takes parameters by name or selector, from the object's namespace or another", async () => {
    const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
    const validations = [
      { expression: 'size(object.data) <= int(params.data.max)', messageExpression: "'max ' + params.data.max" },
    ];
    const labels = { limits: 'yes' };
    await client.ok({
      ...maps,
      namespace: 'kube-public',
      verb: 'create',
      body: { ...configMap('limit', { max: '1' }), metadata: { name: 'limit', labels } },
    });
    const two = configMap('two', { a: '1', b: '2' });
    const selector = { matchLabels: labels };
    await validating(
      { paramKind, validations },
      { paramRef: { namespace: 'kube-public', selector, parameterNotFoundAction: 'Deny' } },
    );
    expect((await client.refused({ ...maps, verb: 'create', body: two })).message).toContain('max 1');
    await client.ok({ ...maps, verb: 'create', body: configMap('one', { a: '1' }) });
    await uninstall(cluster, 'validatingadmissionpolicybindings');
    const spec = {
      policyName: 'rule',
      validationActions: ['Deny'],
      paramRef: { name: 'limit', parameterNotFoundAction: 'Deny' },
    };
    await install(cluster, 'validatingadmissionpolicybindings', 'own', { spec });
    expect((await client.refused({ ...maps, verb: 'create', body: two })).message).toContain(
      'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    );
    await uninstall(cluster, 'validatingadmissionpolicybindings');
    const allow = { ...spec, paramRef: { ...spec.paramRef, parameterNotFoundAction: 'Allow' } };
    await install(cluster, 'validatingadmissionpolicybindings', 'lax', { spec: allow });
    await client.ok({ ...maps, verb: 'create', body: two });
    await client.send({ ...maps, namespace: 'kube-public', verb: 'delete', name: 'limit' });
  });
});

interface Deployment extends KubeObject {
  spec: { replicas: number; template: { spec: { containers: { name: string; image?: string; env?: object[] }[] } } };
}

it('a validating policy says which generation was checked, and what is doubtful about its expressions', async () => {
  const policies = {
    ...{ group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicies' },
  };
  const read = () => client.ok<ValidatingAdmissionPolicy>({ ...policies, name: 'rule', verb: 'get' });
  const matchConstraints = rules(['deployments'], ['CREATE'], ['apps']);
  const doubtful = { matchConstraints, validations: [{ expression: 'object.replicas > 1' }] };
  await client.ok({ ...policies, verb: 'create', body: { metadata: { name: 'rule' }, spec: doubtful } });
  const warning = expect.stringContaining("undefined field 'replicas'");
  const expressionWarnings = [{ fieldRef: 'spec.validations[0].expression', warning }];
  await eventually(async () =>
    expect((await read()).status).toEqual({ observedGeneration: 1, typeChecking: { expressionWarnings } }),
  );
  const spec = { validations: [{ expression: 'object.spec.replicas > 1' }] };
  const patch = { verb: 'patch', contentType: 'application/merge-patch+json', body: { spec } } as const;
  await client.ok({ ...policies, name: 'rule', ...patch });
  await eventually(async () => expect((await read()).status).toEqual({ observedGeneration: 2, typeChecking: {} }));
});

describe('a mutating policy', () => {
  it('lays a configuration over the object, lists with keys element by element', async () => {
    await mutating({
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
    const made = await client.ok<Deployment>({ ...deployments, verb: 'create', body: deployment('web', 1) });
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
    await mutating({
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
    const made = await client
      .ok<KubeObject & { data: object }>({
        ...maps,
        verb: 'create',
        body: configMap('patched', { a: '1' }),
        query: { dryRun: 'All' },
      })
      .catch((error: Error) => error);
    // A slash is no character of a ConfigMap's key: the server validates what a policy makes like anything else.
    expect(String(made)).toContain('a valid config key must consist of alphanumeric characters');
    const failed = await client.refused({ ...maps, verb: 'create', body: configMap('patched', { a: '2' }) });
    expect(failed).toMatchObject({
      code: 422,
      message: expect.stringContaining(
        "policy 'change' with binding 'change-binding' denied request: error applying JSON Patch",
      ),
    });
  });

  it('adds null where a JSON patch leaves the value out', async () => {
    const expression = `[JSONPatch{op: "add", path: "/data/none"}, JSONPatch{op: "add", path: "/data/b", value: "2"}]`;
    await mutating({ mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }] });
    const made = await client.ok<KubeObject & { data: object }>({
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
    await mutating({
      matchConstraints,
      ...apply('Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {"x": "y"}}}}'),
    });
    const create = { ...deployments, verb: 'create', body: deployment('web', 1) } as const;
    expect((await client.refused(create)).message).toContain(
      'may not mutate atomic arrays, maps or structs: .spec.selector',
    );
    await uninstall(cluster, 'mutatingadmissionpolicies');
    await install(cluster, 'mutatingadmissionpolicies', 'change', {
      metadata: { name: 'change', uid: 'other' },
      spec: { matchConstraints, failurePolicy: 'Fail', ...apply('Object{spec: Object.metadata{replicas: 1}}') },
    });
    expect((await client.refused(create)).message).toContain('type mismatch: unexpected type name "Object.metadata"');
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
    await mutating({ reinvocationPolicy: 'IfNeeded', ...add('saw', "'late' in object.data") }, {}, 'a');
    await mutating(add('late', 'true'), {}, 'b');
    const made = await client.ok<KubeObject & { data: object }>({
      ...maps,
      verb: 'create',
      body: configMap('again', { start: 'x' }),
    });
    expect(made.data).toEqual({ start: 'x', late: 'yes', saw: 'yes' });
  });
});
