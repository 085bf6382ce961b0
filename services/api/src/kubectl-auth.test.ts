import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Kubectl } from './http/testing/kubectl.ts';
import { startApi, type TestApi } from './testing/start-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
}, 60_000);
afterAll(() => api?.stop());

async function kubectl(args: readonly string[], input?: object | readonly object[]): Promise<string> {
  const items = Array.isArray(input) ? { apiVersion: 'v1', kind: 'List', items: input } : input;
  const { code, stdout, stderr } = await api.kubectl.run(args, items ? { input: JSON.stringify(items) } : {});
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${code}\n${stdout}${stderr}`);
  return stdout;
}

const rbac = 'rbac.authorization.k8s.io';
const role = (verbs: string[]) => ({
  apiVersion: `${rbac}/v1`,
  kind: 'Role',
  metadata: { name: 'reader', namespace: 'default' },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs }],
});
const binding = (...users: string[]) => ({
  apiVersion: `${rbac}/v1`,
  kind: 'RoleBinding',
  metadata: { name: 'readers', namespace: 'default' },
  roleRef: { apiGroup: rbac, kind: 'Role', name: 'reader' },
  subjects: users.map((name) => ({ apiGroup: rbac, kind: 'User', name })),
});

it('kubectl auth reconcile makes roles and bindings, and adds what is missing to those that are there', async () => {
  await kubectl(['auth', 'reconcile', '-f', '-'], [role(['get']), binding('jane')]);
  await kubectl(['auth', 'reconcile', '-f', '-'], [role(['list']), binding('joe')]);
  const rules = JSON.parse(await kubectl(['get', 'role', 'reader', '-o', 'json'])).rules as { verbs: string[] }[];
  expect(rules.flatMap(({ verbs }) => verbs).sort()).toEqual(['get', 'list']);
  const subjects = JSON.parse(await kubectl(['get', 'rolebinding', 'readers', '-o', 'json'])).subjects;
  expect((subjects as { name: string }[]).map(({ name }) => name).sort()).toEqual(['jane', 'joe']);
  await kubectl(
    ['auth', 'reconcile', '--remove-extra-subjects', '--remove-extra-permissions', '-f', '-'],
    [role(['list']), binding('joe')],
  );
  expect(await kubectl(['get', 'role', 'reader', '-o', 'jsonpath={.rules[*].verbs}'])).toBe('["list"]');
});

it('kubectl auth can-i lists everything that one may do in a namespace', async () => {
  await kubectl(['create', 'role', 'named', '--verb=update', '--resource=configmaps', '--resource-name=settings']);
  await kubectl(['create', 'rolebinding', 'named', '--role=named', '--user=lea']);
  await eventually(async () => {
    const list = await kubectl(['auth', 'can-i', '--list', '--as=lea', '--as-group=system:authenticated']);
    expect(list).toMatch(/^configmaps +\[\] +\[settings\] +\[update\]$/m);
    expect(list).toMatch(/^selfsubjectreviews\.authentication\.k8s\.io +\[\] +\[\] +\[create\]$/m);
    expect(list).toMatch(/^ +\[\/version\] +\[\] +\[get\]$/m);
    expect(list).not.toContain('pods');
  });
  const can = async (...args: string[]) =>
    (await api.kubectl.run(['auth', 'can-i', ...args, '--as=lea'])).stdout.trim();
  expect(await can('update', 'configmaps/settings')).toBe('yes');
  expect(await can('update', 'configmaps/others')).toBe('no');
  expect(await can('update', 'configmaps', '-n', 'kube-system')).toBe('no');
  expect(await can('get', '/metrics')).toBe('no');
});

it('who takes on another’s identity needs the right to each part of it, and never slips into the group of masters', async () => {
  await kubectl(['create', 'clusterrole', 'as-jane', '--verb=impersonate', '--resource=users', '--resource-name=jane']);
  await kubectl(['create', 'serviceaccount', 'lea']);
  await kubectl(['create', 'clusterrolebinding', 'lea', '--clusterrole=as-jane', '--serviceaccount=default:lea']);
  const token = (await kubectl(['create', 'token', 'lea'])).trim();
  const ca = await readFile(join(api.dir, 'services', 'api', 'ca.crt'), 'utf8');
  const lea = await Kubectl.create({ url: api.url, ca, token });
  const as = (...args: string[]) => lea.run(['auth', 'whoami', ...args]);
  await eventually(async () => expect((await as('--as=jane')).stdout).toMatch(/Username +jane/));
  const refused = async (...args: string[]) => (await lea.run(['get', '--raw', '/api', ...args])).stderr;
  for (const more of [['--as=root'], ['--as=jane', '--as-group=system:masters'], ['--as=jane', '--as-uid=1']]) {
    // What the narrower right said that was asked for first.
    expect(await refused(...more)).toContain(
      'User "system:serviceaccount:default:lea" cannot impersonate-on:user-info:get path "/api"',
    );
  }
  await lea.remove();
});

it('who may be another for one thing alone is that one for this, in that namespace, and for nothing else (KEP-5284)', async () => {
  const [identity, action] = ['be-ada', 'list-as-another'];
  const rule = { apiGroups: ['authentication.k8s.io'], resources: ['users'], resourceNames: ['ada'] };
  const listing = { apiGroups: [''], resources: ['configmaps'], verbs: ['impersonate-on:user-info:list'] };
  const object = (kind: string, name: string, more: object) => {
    const namespaced = kind.startsWith('Cluster') ? {} : { namespace: 'default' };
    return { apiVersion: `${rbac}/v1`, kind, metadata: { name, ...namespaced }, ...more };
  };
  const subjects = [{ kind: 'ServiceAccount', name: 'deputy', namespace: 'default' }];
  const ada = [{ kind: 'User', apiGroup: rbac, name: 'ada' }];
  const bound = (kind: string, name: string, to: object[]) =>
    object(`${kind}Binding`, name, { roleRef: { apiGroup: rbac, kind, name }, subjects: to });
  await kubectl(['create', 'serviceaccount', 'deputy']);
  await kubectl(
    ['create', '-f', '-'],
    [
      object('ClusterRole', identity, { rules: [{ ...rule, verbs: ['impersonate:user-info'] }] }),
      bound('ClusterRole', identity, subjects),
      object('Role', action, { rules: [listing] }),
      bound('Role', action, subjects),
      bound('ClusterRole', 'view', ada),
    ],
  );
  const token = (await kubectl(['create', 'token', 'deputy'])).trim();
  const ca = await readFile(join(api.dir, 'services', 'api', 'ca.crt'), 'utf8');
  const deputy = await Kubectl.create({ url: api.url, ca, token });
  // Not by `kubectl get`: that asks for discovery first.
  const raw = (path: string, ...as: string[]) => deputy.run(['get', '--raw', path, ...as]);
  const maps = '/api/v1/namespaces/default/configmaps';
  await eventually(async () => expect((await raw(maps, '--as=ada')).code).toBe(0));
  const refused = async (...args: [string, ...string[]]) => (await raw(...args)).stderr;
  expect(await refused(maps)).toContain('cannot list resource "configmaps"');
  expect(await refused(maps, '--as=eve')).toContain('cannot impersonate:user-info resource "users"');
  expect(await refused('/api/v1/configmaps', '--as=ada')).toContain('cannot impersonate-on:user-info:list');
  const pods = '/api/v1/namespaces/default/pods';
  expect(await refused(pods, '--as=ada')).toContain('cannot impersonate-on:user-info:list resource "pods"');
  expect(await refused(`${maps}/x`, '--as=ada')).toContain('cannot impersonate-on:user-info:get');
  await deputy.remove();
});
