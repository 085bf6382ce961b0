import type { Secret } from '@kubus/shared/schema';
import { describe, expect, it } from 'vitest';
import { credentialsFor, matchesImage, repositoryOf } from './credentials.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const secretOf = (auths: object): Secret => ({
  ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, type: 'kubernetes.io/dockerconfigjson' },
  data: { '.dockerconfigjson': base64(JSON.stringify({ auths })) },
});
const users = (image: string, ...secrets: Secret[]) => credentialsFor(image, secrets).map(({ username }) => username);

describe('the credentials for an image', () => {
  it.each([
    ['busybox', 'docker.io/library/busybox'],
    ['busybox:1.36', 'docker.io/library/busybox'],
    ['me/app@sha256:0', 'docker.io/me/app'],
    ['localhost:5000/a/b:c', 'localhost:5000/a/b'],
    ['gcr.io/a:b', 'gcr.io/a'],
  ])('%s is of the repository %s', (image, repository) => {
    expect(repositoryOf(image)).toBe(repository);
  });

  it.each([
    ['*.gcr.io', 'eu.gcr.io/a', true],
    ['*.gcr.io', 'gcr.io/a', false],
    ['*.gcr.io', 'a.b.gcr.io/a', false],
    ['r*-*y.io', 'registry-my.io/a', true],
    ['gcr.io/team', 'gcr.io/team/app', true],
    ['gcr.io/team', 'gcr.io/other/app', false],
    ['gcr.io:5000', 'gcr.io/a', false],
    ['gcr.io:5000', 'gcr.io:5000/a', true],
    ['a*a.io', 'a.io/x', false],
    ['a*b*b*c.io', 'abbc.io/x', true],
    ['a*b*b*c.io', 'abc.io/x', false],
  ])('%s matches %s: %s', (pattern, name, matches) => {
    expect(matchesImage(pattern, name)).toBe(matches);
  });

  it('are those of all secrets that match, the most specific first', () => {
    const auth = (username: string) => ({ username, password: 'x' });
    const secrets = [
      secretOf({ 'gcr.io': auth('all'), '*.gcr.io': auth('wild') }),
      secretOf({ 'https://gcr.io/team/': auth('team') }),
    ];
    expect(users('gcr.io/team/app:1', ...secrets)).toEqual(['team', 'all']);
    expect(users('eu.gcr.io/team/app:1', ...secrets)).toEqual(['wild']);
    expect(users('busybox', ...secrets)).toEqual([]);
  });

  it("are Docker's own for images without a registry", () => {
    const secret = secretOf({ 'https://index.docker.io/v1/': { auth: base64('me:pass:word') } });
    expect(credentialsFor('me/app', [secret])).toEqual([
      { serveraddress: 'https://index.docker.io/v1/', username: 'me', password: 'pass:word' },
    ]);
    expect(users('gcr.io/app', secret)).toEqual([]);
  });

  it('are read from the older form too, and nothing else', () => {
    const old = { type: 'kubernetes.io/dockercfg', data: { '.dockercfg': base64('{"gcr.io":{"auth":"YTpi"}}') } };
    const broken = { ...secretOf({}), data: { '.dockerconfigjson': base64('{"auths":[') } };
    expect(users('gcr.io/app', { ...secretOf({}), ...old }, broken, { ...secretOf({}), type: 'Opaque' })).toEqual([
      'a',
    ]);
    expect(users('gcr.io/app', secretOf({ 'gcr.io': 7, ['__proto__']: null }))).toEqual([]);
  });
});
