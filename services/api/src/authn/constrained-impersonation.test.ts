import { describe, expect, it } from 'vitest';
import type { Asked } from './constrained-impersonation.ts';
import type { UserInfo } from './contract.ts';
import { impersonate, type RequireRight } from './impersonation.ts';

const authentication = 'authentication.k8s.io';
const listPods: Asked = {
  verb: 'list',
  what: { group: '', resource: 'pods', subresource: '', namespace: 'shop', name: '' },
};
const deputy: UserInfo = { username: 'deputy', groups: [] };
const agent: UserInfo = {
  username: 'system:serviceaccount:kube-system:agent',
  groups: [],
  extra: new Map([
    ['authentication.kubernetes.io/node-name', ['n1']],
    ['authentication.kubernetes.io/pod-name', ['p']],
  ]),
};

/** Becomes another with these rights alone, `*` in place of what does not matter; tells what was asked for. */
async function become(own: UserInfo, wanted: Partial<UserInfo>, rights: readonly string[], asked = listPods) {
  const seen: string[] = [];
  const extras: (UserInfo['extra'] | undefined)[] = [];
  const require: RequireRight = async (user, verb, what) => {
    const where =
      'path' in what ? what.path : [what.group, what.namespace, what.resource, what.subresource, what.name].join(':');
    seen.push(`${verb} ${where}`);
    extras.push(user.extra);
    if (!rights.includes(`${verb} ${where}`)) throw new Error(`no ${verb} ${where}`);
  };
  const impersonation = { own, wanted: { username: '', groups: [], ...wanted }, asked, require };
  const outcome = await impersonate(impersonation).catch((error: Error) => error.message);
  return { outcome, seen, extras };
}

const on = (mode: string) => `impersonate-on:${mode}:list :shop:pods::`;
const may = (mode: string, resource: string, name: string, namespace = '', subresource = '') =>
  `impersonate:${mode} ${authentication}:${namespace}:${resource}:${subresource}:${name}`;

describe('a user who may be another for what he asks for', () => {
  it('is that one, with each group, uid and extra value that he may have', async () => {
    const wanted = { username: 'ada', uid: 'u1', groups: ['dev'], extra: new Map([['acme.com/team', ['red']]]) };
    const rights = [
      on('user-info'),
      may('user-info', 'users', 'ada'),
      may('user-info', 'uids', 'u1'),
      may('user-info', 'groups', 'dev'),
      may('user-info', 'userextras', 'red', '', 'acme.com/team'),
    ];
    const { outcome, seen } = await become(deputy, wanted, rights);
    expect(outcome).toEqual({ ...wanted, groups: ['dev', 'system:authenticated'] });
    expect(seen).toEqual(rights);
    for (const right of rights) {
      const without = await become(
        deputy,
        wanted,
        rights.filter((one) => one !== right),
      );
      expect(without.outcome).toBe(`no ${right}`);
    }
  });

  it('is asked for many groups at once first', async () => {
    const groups = ['a', 'b', 'c', 'd'];
    const all = [on('user-info'), may('user-info', 'users', 'ada'), may('user-info', 'groups', '*')];
    expect((await become(deputy, { username: 'ada', groups }, all)).outcome).toMatchObject({ username: 'ada' });
    const each = [...all.slice(0, 2), ...groups.map((name) => may('user-info', 'groups', name))];
    expect((await become(deputy, { username: 'ada', groups }, each)).outcome).toMatchObject({ username: 'ada' });
    expect((await become(deputy, { username: 'ada', groups }, each.slice(0, -1))).outcome).toContain('groups::d');
  });

  const everything = ['users:ada', 'groups:', 'groups:system:masters', 'groups:*'].map((what) => {
    const [resource = '', ...name] = what.split(':');
    return may('user-info', resource, name.join(':'));
  });

  it.each<[string, Partial<UserInfo>]>([
    ['the system:masters group', { groups: ['system:masters'] }],
    ['the empty string group', { groups: [''] }],
    ['an invalid key in extra', { extra: new Map([['scopes', ['a']]]) }],
    ['an invalid key in extra', { extra: new Map([['a_b/scopes', ['a']]]) }],
    ['a non-lowercase key in extra', { extra: new Map([['acme.com/Team', ['a']]]) }],
    ['empty values in extra', { extra: new Map([['acme.com/team', ['']]]) }],
  ])('never has %s', async (what, more) => {
    const { outcome } = await become(deputy, { username: 'ada', ...more }, [on('user-info'), ...everything]);
    expect(outcome).toBe(`impersonating ${what} is not allowed`);
  });

  it('is a service account or a node by their own rights, with the groups that those have and nothing else', async () => {
    const account = { username: 'system:serviceaccount:shop:robot' };
    const rights = [on('serviceaccount'), may('serviceaccount', 'serviceaccounts', 'robot', 'shop')];
    expect((await become(deputy, account, rights)).outcome).toMatchObject({
      groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
    });
    const node = { username: 'system:node:n1' };
    const arbitrary = [on('arbitrary-node'), may('arbitrary-node', 'nodes', 'n1')];
    expect((await become(deputy, node, arbitrary)).outcome).toMatchObject({
      groups: ['system:nodes', 'system:authenticated'],
    });
    const byName = (username: string) => [on('user-info'), may('user-info', 'users', username)];
    for (const { username } of [account, node])
      expect((await become(deputy, { username }, byName(username))).outcome).toMatch(/^no impersonate-on:/);
    const grouped = { ...account, groups: ['dev'] };
    expect((await become(deputy, grouped, rights)).outcome).toContain('no impersonate :shop:serviceaccounts');
  });

  it('that runs on a node is that node by a right that holds on every node, whoever is asked learns not on which', async () => {
    const rights = [on('associated-node'), may('associated-node', 'nodes', '*')];
    const { outcome, extras } = await become(agent, { username: 'system:node:n1' }, rights);
    expect(outcome).toMatchObject({ username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] });
    const key = 'authentication.kubernetes.io/associated-node-keys';
    expect([...(extras[0]?.keys() ?? [])]).toEqual([key]);
    expect((await become(agent, { username: 'system:node:n2' }, rights)).outcome).toMatch(/arbitrary-node/);
    expect((await become(deputy, { username: 'system:node:n1' }, rights)).outcome).toMatch(/arbitrary-node/);
  });

  it('may ask for paths, too', async () => {
    const version: Asked = { verb: 'get', what: { path: '/metrics' } };
    const rights = ['impersonate-on:user-info:get /metrics', may('user-info', 'users', 'ada')];
    expect((await become(deputy, { username: 'ada' }, rights, version)).outcome).toMatchObject({ username: 'ada' });
  });

  it('may still have the right to be another in everything', async () => {
    const rights = ['impersonate ::users::ada', 'impersonate ::groups::system:masters'];
    const { outcome } = await become(deputy, { username: 'ada', groups: ['system:masters'] }, rights);
    expect(outcome).toMatchObject({ groups: ['system:masters', 'system:authenticated'] });
  });
});
