import { parseFieldSelector } from '@kubus/shared/object';
import { beforeEach, expect, it } from 'vitest';
import type { Attributes } from './contract.ts';
import { WebhookAuthorizer } from './webhook.ts';

const mia = { username: 'mia', groups: ['dev'], extra: new Map([['team', ['red']]]) };
const get: Attributes = {
  ...{
    user: mia,
    verb: 'get',
    group: 'apps',
    resource: 'deployments',
    subresource: '',
    namespace: 'shop',
    name: 'web',
  },
};
let reviews: unknown[];
let status: object;
let fails: boolean;
let now: number;
let authorizer: WebhookAuthorizer;
beforeEach(() => {
  [reviews, status, fails, now] = [[], { allowed: true }, false, 0];
  const ask = async (review: object) => {
    reviews.push(review);
    if (fails) throw new Error('no answer');
    return { status };
  };
  authorizer = new WebhookAuthorizer({ ask, now: () => now });
});

it('is shown who asks for what', async () => {
  expect(await authorizer.authorize(get)).toEqual({ allowed: true });
  await authorizer.authorize({ user: mia, verb: 'get', path: '/metrics' });
  const fields = parseFieldSelector('spec.nodeName=n1,status.phase!=Failed');
  await authorizer.authorize({
    ...get,
    verb: 'list',
    version: 'v1',
    name: '',
    fields,
    labels: 'a=b,c notin (d,e),f,g>1',
  });
  await authorizer.authorize({ ...get, verb: 'list', name: '', labels: 'a==', fields: parseFieldSelector('') });
  await authorizer.authorize({ ...get, verb: 'watch', name: '', labels: 'no selector, at all' });
  const subject = { user: 'mia', groups: ['dev'], extra: { team: ['red'] } };
  const asked = { version: '*', group: 'apps', resource: 'deployments', namespace: 'shop' };
  const term = (key: string, operator: string, ...values: string[]) => ({
    key,
    operator,
    ...(values.length > 0 && { values }),
  });
  const selectors = {
    fieldSelector: { requirements: [term('spec.nodeName', 'In', 'n1'), term('status.phase', 'NotIn', 'Failed')] },
    labelSelector: { requirements: [term('a', 'In', 'b'), term('c', 'NotIn', 'd', 'e'), term('f', 'Exists')] },
  };
  expect(reviews).toEqual(
    [
      { ...subject, resourceAttributes: { verb: 'get', ...asked, name: 'web' } },
      { ...subject, nonResourceAttributes: { path: '/metrics', verb: 'get' } },
      { ...subject, resourceAttributes: { verb: 'list', ...asked, version: 'v1', ...selectors } },
      {
        ...subject,
        resourceAttributes: { verb: 'list', ...asked, labelSelector: { requirements: [term('a', 'In', '')] } },
      },
      { ...subject, resourceAttributes: { verb: 'watch', ...asked } },
    ].map((spec) => ({ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {}, spec })),
  );
});

it('is believed for five minutes when it allows, and for half a minute when it does not', async () => {
  await authorizer.authorize(get);
  now = 299_999;
  await authorizer.authorize(get);
  expect(reviews).toHaveLength(1);
  now = 300_000;
  status = { allowed: false, reason: 'not on fridays' };
  expect(await authorizer.authorize(get)).toEqual({ allowed: false, reason: 'not on fridays' });
  now += 30_000;
  await authorizer.authorize(get);
  expect(reviews).toHaveLength(3);
});

it('allows nothing when it does not answer, says why, and is asked again', async () => {
  fails = true;
  expect(await authorizer.authorize(get)).toEqual({ allowed: false, reason: '', error: new Error('no answer') });
  fails = false;
  expect(await authorizer.authorize(get)).toEqual({ allowed: true });
});
