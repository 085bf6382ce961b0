import { isNotFound, StatusError } from '@kubus/shared/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequestInfo, type RequestInfo } from './request-info.ts';

function info(method: string, target: string): RequestInfo {
  const [path = '', query = ''] = target.split('?');
  return parseRequestInfo(method, path, new URLSearchParams(query));
}

const resource = (over: Record<string, string>) => ({
  type: 'resource',
  group: '',
  version: 'v1',
  namespace: '',
  name: '',
  subresource: '',
  proxyPath: '',
  ...over,
});

describe('resource paths', () => {
  it.each([
    ['GET', '/api/v1/pods', resource({ verb: 'list', resource: 'pods', path: '/api/v1/pods' })],
    ['GET', '/api/v1/pods?watch=true', resource({ verb: 'watch', resource: 'pods', path: '/api/v1/pods' })],
    ['GET', '/api/v1/pods?watch=0', resource({ verb: 'list', resource: 'pods', path: '/api/v1/pods' })],
    ['GET', '/api/v1/watch/pods', resource({ verb: 'watch', resource: 'pods', path: '/api/v1/watch/pods' })],
    [
      'GET',
      '/api/v1/watch/namespaces/n/pods/p',
      resource({
        verb: 'watch',
        resource: 'pods',
        namespace: 'n',
        name: 'p',
        path: '/api/v1/watch/namespaces/n/pods/p',
      }),
    ],
    [
      'GET',
      '/api/v1/namespaces/a',
      resource({ verb: 'get', resource: 'namespaces', namespace: 'a', name: 'a', path: '/api/v1/namespaces/a' }),
    ],
    [
      'PUT',
      '/api/v1/namespaces/a/finalize',
      resource({
        verb: 'update',
        resource: 'namespaces',
        namespace: 'a',
        name: 'a',
        subresource: 'finalize',
        path: '/api/v1/namespaces/a/finalize',
      }),
    ],
    [
      'POST',
      '/apis/apps/v1/namespaces/n/deployments/',
      resource({
        verb: 'create',
        group: 'apps',
        resource: 'deployments',
        namespace: 'n',
        path: '/apis/apps/v1/namespaces/n/deployments',
      }),
    ],
    [
      'PATCH',
      '/apis/apps/v1/namespaces/n/deployments/d/scale',
      resource({
        verb: 'patch',
        group: 'apps',
        resource: 'deployments',
        namespace: 'n',
        name: 'd',
        subresource: 'scale',
        path: '/apis/apps/v1/namespaces/n/deployments/d/scale',
      }),
    ],
    ['DELETE', '/api/v1/nodes/x', resource({ verb: 'delete', resource: 'nodes', name: 'x', path: '/api/v1/nodes/x' })],
    ['DELETE', '/api/v1/nodes', resource({ verb: 'deletecollection', resource: 'nodes', path: '/api/v1/nodes' })],
    [
      'GET',
      '/api/v1/namespaces/n/services/https:s:443/proxy/a%2Fb/../c/',
      resource({
        verb: 'get',
        resource: 'services',
        namespace: 'n',
        name: 'https:s:443',
        subresource: 'proxy',
        proxyPath: '/a%2Fb/../c/',
        path: '/api/v1/namespaces/n/services/https:s:443/proxy',
      }),
    ],
  ])('reads %s %s', (method, target, expected) => {
    expect(info(method, target)).toEqual({ ...expected, deeper: false });
  });

  it.each([
    'log',
    '%70roxy',
  ])('that go on behind the subresource %s are of that, and none of this server', (subresource) => {
    const found = info('GET', `/api/v1/namespaces/n/pods/p/${subresource}/more`);
    expect(found).toMatchObject({ subresource: decodeURIComponent(subresource), proxyPath: '', deeper: true });
  });

  it('decodes a name once and no more', () => {
    expect(info('GET', '/api/v1/nodes/a%2561')).toMatchObject({ name: 'a%61' });
  });
});

describe('other paths', () => {
  it.each(['/', '/api', '/apis/apps', '/apis/apps/v1', '/livez/etcd', '/version'])('takes %s as a path', (target) => {
    expect(info('GET', target)).toEqual({ type: 'path', verb: 'get', path: target });
  });

  it('ignores one slash at the end', () => {
    expect(info('GET', '/apis/')).toEqual({ type: 'path', verb: 'get', path: '/apis' });
  });
});

describe('paths that two readers could read in two ways', () => {
  it.each([
    '/api/v1//pods',
    '//api/v1/pods',
    '/api/v1/namespaces/../pods',
    '/api/v1/namespaces/%2e%2e/pods',
    '/api/v1/namespaces/a%2Fpods',
    '/api/v1/namespaces/a%5Cpods',
    '/api/v1/nodes/a%00',
    '/api/v1/pods//',
    'api/v1/pods',
    '',
  ])('finds nothing at %s', (target) => {
    expect(() => info('GET', target)).toThrow(expect.toSatisfy(isNotFound));
  });

  it('calls a broken escape a bad request', () => {
    expect(() => info('GET', '/api/v1/nodes/%zz')).toThrow(expect.objectContaining({ reason: 'BadRequest' }));
  });

  it('keeps the case of a path, so that /API is no resource', () => {
    expect(info('GET', '/API/v1/pods')).toMatchObject({ type: 'path' });
  });

  it('knows no other methods on resources', () => {
    for (const [method, path] of [
      ['BREW', '/api/v1/pods'],
      ['POST', '/api/v1/watch/namespaces/n/pods'],
    ] as const)
      expect(() => info(method, path)).toThrow(expect.objectContaining({ reason: 'MethodNotAllowed' }));
  });

  it('answers any path with an info or a StatusError', () => {
    fc.assert(
      fc.property(fc.constantFrom('/api/v1/', '/apis/', '/', ''), fc.string({ unit: 'binary' }), (root, rest) => {
        try {
          info('GET', root + rest);
        } catch (error) {
          expect(error).toBeInstanceOf(StatusError);
        }
      }),
    );
  });
});
