import type { ValidatingAdmissionPolicy } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { describe, expect, it } from 'vitest';
import { admin, configMap, user } from '../../pipeline/testing/cluster.ts';
import { install, uninstall } from '../testing/configurations.ts';
import { deployment, deployments, maps, PolicyCluster, rules } from '../testing/policies.ts';

const policies = new PolicyCluster();

describe('a validating policy', () => {
  it('denies by expression, with the words and the reason that it has for it', async () => {
    await policies.validating({
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
      policies.client.refused({ ...deployments, verb: 'create', body: deployment('web', replicas) });
    const many = "ValidatingAdmissionPolicy 'rule' with binding 'rule-binding' denied request: at most 3, not 9";
    expect(await create(9)).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: `deployments.apps "web" is forbidden: ${many}`,
      details: { group: 'apps', kind: 'deployments', name: 'web', causes: [{ message: many }] },
    });
    expect(await create(2)).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect((await create(1)).message).toContain('failed expression: object.spec.replicas != 1');
    await policies.client.ok({ ...deployments, verb: 'create', body: deployment('web', 3) });
  });

  it('sees the object before, the namespace, the user and what he may do', async () => {
    await policies.validating({
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
    await policies.client.ok({ ...maps, verb: 'create', body: configMap('locked', { lock: 'a' }) });
    const change = { ...maps, verb: 'update', name: 'locked', body: configMap('locked', { lock: 'b' }) } as const;
    expect((await policies.client.refused(change)).message).toContain('denied request: locked');
    const dev = policies.cluster.as(user('joe', 'dev', 'system:masters'));
    await dev.ok({ ...maps, verb: 'update', name: 'locked', body: configMap('locked', { lock: 'a', more: 'x' }) });
    expect(
      (await policies.client.send({ ...maps, verb: 'create', body: configMap('dry'), query: { dryRun: 'All' } })).code,
    ).toBe(422);
  });

  it('warns or writes down where its binding does not want it to deny', async () => {
    await policies.validating(
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
    const made = await policies.cluster.pipeline.handle(
      { ...maps, verb: 'create', body: configMap('warned') },
      context,
    );
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
    await policies.validating({
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
    await policies.cluster.pipeline.handle(
      { ...maps, verb: 'create', body: configMap('annotated', { a: '1', b: '2' }) },
      context,
    );
    expect([notes.get('rule/size'), notes.has('rule/none')]).toEqual(['2 keys', false]);
  });

  it('refuses what it cannot judge, unless its failures are to be ignored', async () => {
    const validations = [{ expression: 'object.data.missing == "x"' }];
    await policies.validating({ validations });
    expect(
      (await policies.client.refused({ ...maps, verb: 'create', body: configMap('a', { b: 'c' }) })).message,
    ).toContain('expression \'object.data.missing == "x"\' resulted in error: no such key: missing');
    await uninstall(policies.cluster, 'validatingadmissionpolicies');
    await uninstall(policies.cluster, 'validatingadmissionpolicybindings');
    await policies.validating({ validations, failurePolicy: 'Ignore' });
    await policies.client.ok({ ...maps, verb: 'create', body: configMap('a', { b: 'c' }) });
  });

  it('cannot be made to compute without end', async () => {
    const all = 'object.data.all(a, object.data.all(b, object.data.all(c, object.data.all(d, a + b + c + d != "x"))))';
    await policies.validating({ validations: [{ expression: all }] });
    const data = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, 'v']));
    const status = await policies.client.refused({ ...maps, verb: 'create', body: configMap('bomb', data) });
    expect(status.message).toMatch(/cost (limit exceeded|budget)/);
  });

  it('is asked only where its conditions hold', async () => {
    await policies.validating({
      matchConditions: [
        { name: 'not-system', expression: "!object.metadata.name.startsWith('system-')" },
        { name: 'broken', expression: "object.data.nothing == 'x'" },
      ],
      validations: [{ expression: 'false' }],
    });
    await policies.client.ok({ ...maps, verb: 'create', body: configMap('system-a', { a: 'b' }) });
    expect(
      (await policies.client.refused({ ...maps, verb: 'create', body: configMap('other', { a: 'b' }) })).message,
    ).toContain('no such key: nothing');
  });

  it('matches by rules, exceptions, names and selectors of policy and binding', async () => {
    await policies.validating(
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
    await policies.client.ok({ ...maps, verb: 'create', body: configMap('excepted') });
    await policies.client.ok({
      ...maps,
      verb: 'create',
      body: { metadata: { name: 'free', labels: { free: 'yes' } } },
    });
    await policies.client.ok({ ...maps, namespace: 'kube-public', verb: 'create', body: configMap('elsewhere') });
    await policies.client.refused({ ...maps, verb: 'create', body: configMap('held') });
  });

  it("takes parameters by name or selector, from the object's namespace or another", async () => {
    const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
    const validations = [
      { expression: 'size(object.data) <= int(params.data.max)', messageExpression: "'max ' + params.data.max" },
    ];
    const labels = { limits: 'yes' };
    await policies.client.ok({
      ...maps,
      namespace: 'kube-public',
      verb: 'create',
      body: { ...configMap('limit', { max: '1' }), metadata: { name: 'limit', labels } },
    });
    const two = configMap('two', { a: '1', b: '2' });
    const selector = { matchLabels: labels };
    await policies.validating(
      { paramKind, validations },
      { paramRef: { namespace: 'kube-public', selector, parameterNotFoundAction: 'Deny' } },
    );
    expect((await policies.client.refused({ ...maps, verb: 'create', body: two })).message).toContain('max 1');
    await policies.client.ok({ ...maps, verb: 'create', body: configMap('one', { a: '1' }) });
    await uninstall(policies.cluster, 'validatingadmissionpolicybindings');
    const spec = {
      policyName: 'rule',
      validationActions: ['Deny'],
      paramRef: { name: 'limit', parameterNotFoundAction: 'Deny' },
    };
    await install(policies.cluster, 'validatingadmissionpolicybindings', 'own', { spec });
    expect((await policies.client.refused({ ...maps, verb: 'create', body: two })).message).toContain(
      'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    );
    await uninstall(policies.cluster, 'validatingadmissionpolicybindings');
    const allow = { ...spec, paramRef: { ...spec.paramRef, parameterNotFoundAction: 'Allow' } };
    await install(policies.cluster, 'validatingadmissionpolicybindings', 'lax', { spec: allow });
    await policies.client.ok({ ...maps, verb: 'create', body: two });
    await policies.client.send({ ...maps, namespace: 'kube-public', verb: 'delete', name: 'limit' });
  });
});

it('a validating policy says which generation was checked, and what is doubtful about its expressions', async () => {
  const resource = {
    ...{ group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicies' },
  };
  const read = () => policies.client.ok<ValidatingAdmissionPolicy>({ ...resource, name: 'rule', verb: 'get' });
  const matchConstraints = rules(['deployments'], ['CREATE'], ['apps']);
  const doubtful = { matchConstraints, validations: [{ expression: 'object.replicas > 1' }] };
  await policies.client.ok({ ...resource, verb: 'create', body: { metadata: { name: 'rule' }, spec: doubtful } });
  const warning = expect.stringContaining("undefined field 'replicas'");
  const expressionWarnings = [{ fieldRef: 'spec.validations[0].expression', warning }];
  await eventually(async () =>
    expect((await read()).status).toEqual({ observedGeneration: 1, typeChecking: { expressionWarnings } }),
  );
  const spec = { validations: [{ expression: 'object.spec.replicas > 1' }] };
  const patch = { verb: 'patch', contentType: 'application/merge-patch+json', body: { spec } } as const;
  await policies.client.ok({ ...resource, name: 'rule', ...patch });
  await eventually(async () => expect((await read()).status).toEqual({ observedGeneration: 2, typeChecking: {} }));
});
