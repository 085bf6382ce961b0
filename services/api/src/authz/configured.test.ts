import { beforeEach, describe, expect, it } from 'vitest';
import { parseAuthorizationConfiguration } from './config.ts';
import { configuredChain } from './configured.ts';
import { type Attributes, type Authorizer, allowed, noOpinion } from './contract.ts';

const mia = { username: 'mia', groups: ['dev'] };
const about = (more: object = {}): Attributes => ({
  ...{ user: mia, verb: 'get', group: '', resource: 'pods', subresource: '', namespace: 'shop', name: 'web' },
  ...more,
});

let asked: { spec: { user: string; group?: string[]; groups?: string[] }; apiVersion: string }[];
let status: object | undefined;
let failures: string[];
let rbac: Authorizer;
beforeEach(() => {
  [asked, failures] = [[], []];
  status = {};
  rbac = { authorize: () => allowed };
});

const webhook = (more: object = {}) => ({
  timeout: '3s',
  subjectAccessReviewVersion: 'v1',
  matchConditionSubjectAccessReviewVersion: 'v1',
  failurePolicy: 'NoOpinion',
  connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: '/etc/webhook.yaml' },
  ...more,
});
const text = (...authorizers: object[]) =>
  JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration', authorizers });
const guard = (more: object = {}) => ({ type: 'Webhook', name: 'guard', webhook: webhook(more) });
const [node, own] = [
  { type: 'Node', name: 'node' },
  { type: 'RBAC', name: 'rbac' },
];

async function chain(...authorizers: object[]): Promise<Authorizer> {
  const open = async () => async (review: object) => {
    asked.push(review as (typeof asked)[number]);
    if (status === undefined) throw new Error('no answer');
    return { status };
  };
  const onFailure = (name: string, error: unknown) => void failures.push(`${name}: ${(error as Error).message}`);
  const make = await configuredChain(parseAuthorizationConfiguration(text(...authorizers), 'file'), {
    open,
    onFailure,
  });
  return make({ node: { authorize: () => noOpinion }, rbac });
}

describe('those who are asked', () => {
  it('are asked in their order, until one allows or denies', async () => {
    const before = await chain(node, guard(), own);
    expect(await before.authorize(about())).toEqual({ allowed: true });
    status = { denied: true, reason: 'not on fridays' };
    const denying = await chain(guard(), own);
    expect(await denying.authorize(about())).toEqual({ allowed: false, denied: true, reason: 'not on fridays' });
    const after = await chain(own, guard());
    expect(await after.authorize(about())).toEqual({ allowed: true });
    expect(asked).toHaveLength(2);
  });

  it('are never asked about masters', async () => {
    status = { denied: true };
    const denying = await chain(guard(), { type: 'AlwaysDeny', name: 'deny' });
    const master = { username: 'root', groups: ['system:masters'] };
    expect(await denying.authorize(about({ user: master }))).toEqual({ allowed: true });
    expect(asked).toEqual([]);
  });

  it('may be all or nothing', async () => {
    rbac = { authorize: () => noOpinion };
    const none = await chain(own, { type: 'AlwaysDeny', name: 'deny' });
    expect(await none.authorize(about())).toEqual({ allowed: false, reason: 'Everything is forbidden.' });
    const all = await chain(own, { type: 'AlwaysAllow', name: 'allow' });
    expect(await all.authorize(about())).toEqual({ allowed: true });
  });
});

describe('a webhook', () => {
  it('is asked only where all of its conditions hold', async () => {
    const conditions = [
      { expression: 'has(request.resourceAttributes)' },
      { expression: "request.resourceAttributes.namespace == 'kube-system'" },
      { expression: "!('system:serviceaccounts:kube-system' in request.groups)" },
      { expression: "request.resourceAttributes.subresource == '' && request.uid == ''" },
    ];
    status = { denied: true };
    const guarded = await chain(guard({ matchConditions: conditions }), own);
    const denied = async (more: object) => (await guarded.authorize(about(more))).allowed === false;
    expect(await denied({ namespace: 'kube-system' })).toBe(true);
    expect(await denied({ namespace: 'shop' })).toBe(false);
    expect(await denied({ namespace: 'kube-system', subresource: 'log' })).toBe(false);
    const inside = { username: 'x', groups: ['system:serviceaccounts:kube-system'] };
    expect(await denied({ namespace: 'kube-system', user: inside })).toBe(false);
    expect(await guarded.authorize({ user: mia, verb: 'get', path: '/metrics' })).toEqual({ allowed: true });
    expect(asked).toHaveLength(1);
    expect(failures).toEqual([]);
  });

  it.each([
    ['NoOpinion', { allowed: true }],
    ['Deny', { allowed: false, denied: true, reason: '', error: expect.any(Error) }],
  ])('that does not answer, contradicts itself or has a condition without outcome: %s', async (failurePolicy, decision) => {
    const matchConditions = [{ expression: "request.resourceAttributes.name == 'x'" }];
    const broken = await chain(guard({ failurePolicy, matchConditions }), own);
    expect(await broken.authorize({ user: mia, verb: 'get', path: '/metrics' })).toEqual(decision);
    expect(asked).toEqual([]);
    const guarded = await chain(guard({ failurePolicy }), own);
    status = undefined;
    expect(await guarded.authorize(about())).toEqual(decision);
    status = { allowed: true, denied: true };
    expect(await guarded.authorize(about())).toEqual(decision);
    expect(failures).toMatchObject([
      expect.stringContaining("guard: expression 'request.resourceAttributes.name"),
      'guard: no answer',
      'guard: webhook subject access review returned both allow and deny response',
    ]);
  });

  it('that does not answer is told of where nobody allows the request, with all others that do not', async () => {
    rbac = { authorize: () => ({ ...noOpinion, reason: 'no role says so' }) };
    status = undefined;
    const one = await chain(guard(), own);
    const reason = 'no role says so';
    expect(await one.authorize(about())).toEqual({ allowed: false, reason, error: new Error('no answer') });
    const two = await chain(guard(), own, { ...guard(), name: 'other' });
    const { error } = (await two.authorize(about())) as { error?: Error };
    expect(error?.message).toBe('[no answer, no answer]');
  });

  it('is asked again where its verdicts are not to be kept, in the version that it speaks', async () => {
    status = { allowed: true };
    const more = { cacheAuthorizedRequests: false, subjectAccessReviewVersion: 'v1beta1' };
    const guarded = await chain(guard(more), own);
    for (let i = 0; i < 2; i++) await guarded.authorize(about());
    expect(asked).toHaveLength(2);
    expect(asked[0]).toMatchObject({ apiVersion: 'authorization.k8s.io/v1beta1', spec: { group: ['dev'] } });
    expect(asked[0]?.spec.groups).toBeUndefined();
  });
});

it.each([
  [[], 'at least one authorization mode must be defined'],
  [[{ type: 'ABAC', name: 'abac' }], 'authorizers.0.type'],
  [[own, { ...own, name: 'again' }], 'a type is there twice'],
  [[own, { ...node, name: 'rbac' }], 'a name is there twice'],
  [[{ ...own, name: 'Not_A_Name' }], 'authorizer name is invalid'],
  [[{ ...own, webhook: webhook() }], 'webhook'],
  [[{ type: 'Webhook', name: 'guard' }], 'authorizers.0.webhook'],
  [[guard({ timeout: '31s' })], 'must be > 0s and <= 30s'],
  [[guard({ authorizedTTL: '0s' })], 'must be > 0s'],
  [[guard({ unauthorizedTTL: 'soon' })], 'must be a duration'],
  [[guard({ failurePolicy: 'Ignore' })], 'failurePolicy'],
  [[guard({ subjectAccessReviewVersion: undefined })], 'subjectAccessReviewVersion'],
  [[guard({ connectionInfo: { type: 'InClusterConfig' } })], 'connectionInfo.type'],
  [[guard({ connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: 'here' } })], 'must be an absolute path'],
  [
    [guard({ matchConditionSubjectAccessReviewVersion: undefined, matchConditions: [{ expression: 'true' }] })],
    'matchConditionSubjectAccessReviewVersion is required',
  ],
  [[guard({ matchConditions: [{ expression: ' ' }] })], 'matchConditions.0.expression'],
  [[guard({ matchConditions: [{ expression: 'request.' }] })], 'compilation failed'],
  [[guard({ matchConditions: [{ expression: 'request.nothing' }] })], 'undefined field'],
  [[guard({ matchConditions: [{ expression: 'request.user' }] })], 'must evaluate to bool'],
])('a configuration that cannot be right is refused: %j', async (authorizers, why) => {
  await expect(chain(...authorizers)).rejects.toThrow(why);
});
