import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiRequest } from '@kubus/shared/bus';
import { notFound } from '@kubus/shared/errors';
import type { Pod, ServiceAccount, TokenRequest } from '@kubus/shared/schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPod, silent } from '../../../test/rig.ts';
import { openCredentialProviders } from './index.ts';

const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
const image = 'registry.example/team/app:1';
const pod: Pod = buildPod('web', { serviceAccountName: 'robot' });

const robot = (uid: string, annotations: Record<string, string>): ServiceAccount => ({
  ...{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', uid, annotations } },
});

let dir: string;
let now: number;
let account: ServiceAccount | undefined;
let tokens: TokenRequest[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-providers-'));
  await mkdir(join(dir, 'bin'));
  now = 1_000;
  account = robot('u1', {});
  tokens = [];
});
afterEach(() => rm(dir, { recursive: true }));

const api = {
  request: async <T>({ verb, resource, name = '', body }: ApiRequest): Promise<T> => {
    if (verb === 'create') {
      tokens.push(body as TokenRequest);
      return { status: { token: `t${tokens.length}`, expirationTimestamp: '2030-01-01T00:00:00Z' } } as T;
    }
    if (account === undefined) throw notFound({ group: '', resource }, name);
    return account as T;
  },
};

interface Answer {
  cacheKeyType?: string;
  cacheDuration?: string;
  apiVersion?: string;
  auth?: object;
}

/** A program that notes what it is asked and answers always the same. */
async function program(name: string, answer: Answer, script = ''): Promise<void> {
  const auth = { 'registry.example': { username: name, password: 'x' } };
  const said = { kind: 'CredentialProviderResponse', apiVersion, cacheKeyType: 'Image', auth, ...answer };
  const path = join(dir, 'bin', name);
  await writeFile(`${path}.answer`, JSON.stringify(said));
  await writeFile(path, `#!/bin/sh\n(cat; echo; echo "$EXTRA $*") >> ${path}.asked\n${script}\ncat ${path}.answer\n`);
  await chmod(path, 0o755);
}
const asked = async (name: string) =>
  (await readFile(join(dir, 'bin', `${name}.asked`), 'utf8').catch(() => '')).split('\n').filter(Boolean);

async function configure(...providers: object[]): Promise<string> {
  const defaults = { matchImages: ['registry.example'], defaultCacheDuration: '1m', apiVersion };
  const list = providers.map((provider) => ({ ...defaults, ...provider }));
  const config = { apiVersion: 'kubelet.config.k8s.io/v1', kind: 'CredentialProviderConfig', providers: list };
  await writeFile(join(dir, 'config.yaml'), JSON.stringify(config));
  return join(dir, 'config.yaml');
}
const open = (config: string) =>
  openCredentialProviders({ config, binDir: join(dir, 'bin'), api, log: silent, now: () => now });
const users = async (provided: Awaited<ReturnType<typeof open>>, of = image, by = pod) =>
  (await provided(of, by)).map(({ username }) => username);

describe('a program that knows credentials', () => {
  it('is asked for images that it is for, with its arguments and environment', async () => {
    await program('ecr', {});
    const provided = await open(
      await configure({ name: 'ecr', args: ['get', 'it'], env: [{ name: 'EXTRA', value: 'more' }] }),
    );
    expect(await provided(image, pod)).toEqual([
      { serveraddress: 'registry.example', username: 'ecr', password: 'x', holder: 'node' },
    ]);
    expect(await users(provided, 'other.example/app')).toEqual([]);
    const [question = '', environment] = await asked('ecr');
    expect(JSON.parse(question)).toEqual({
      ...{ kind: 'CredentialProviderRequest', apiVersion },
      image: 'registry.example/team/app',
    });
    expect(environment).toBe('more get it');
  });

  it.each([
    ['Image', ['registry.example/team/app:2'], ['registry.example/team/other']],
    ['Registry', ['registry.example/other'], ['sub.registry.example/app']],
    ['Global', ['registry.example/other', 'sub.registry.example/app'], []],
  ])('is not asked again while its answer for the %s is good', async (cacheKeyType, same, others) => {
    await program('ecr', { cacheKeyType, cacheDuration: '10s' });
    const provided = await open(
      await configure({ name: 'ecr', matchImages: ['registry.example', '*.registry.example'] }),
    );
    for (const of of [image, ...same]) await provided(of, pod);
    expect(await asked('ecr')).toHaveLength(2);
    for (const of of others) await provided(of, pod);
    expect(await asked('ecr')).toHaveLength(2 + 2 * others.length);
    now += 10_000;
    await provided(image, pod);
    expect(await asked('ecr')).toHaveLength(4 + 2 * others.length);
  });

  it('is asked each time when it says so, but once by several pods at the same time', async () => {
    await program('ecr', { cacheDuration: '0s' });
    const provided = await open(await configure({ name: 'ecr' }));
    await Promise.all([provided(image, pod), provided(image, pod)]);
    await provided(image, pod);
    expect(await asked('ecr')).toHaveLength(4);
  });

  it.each([
    ['fails', {}, 'exit 1'],
    ['answers for another version', { apiVersion: 'credentialprovider.kubelet.k8s.io/v1beta1' }, ''],
    ['answers nonsense', { cacheKeyType: 'Galaxy' }, ''],
  ])('keeps nobody from the others when it %s', async (_, answer, script) => {
    await program('bad', answer, script);
    await program('good', {});
    const provided = await open(await configure({ name: 'bad' }, { name: 'good' }));
    expect(await users(provided)).toEqual(['good']);
  });

  it('is given a token of the service account of the pod, and what that says of itself, where it wants that', async () => {
    await program('ecr', {});
    const tokenAttributes = {
      ...{ serviceAccountTokenAudience: 'ecr', cacheType: 'ServiceAccount', requireServiceAccount: true },
      ...{ requiredServiceAccountAnnotationKeys: ['role'], optionalServiceAccountAnnotationKeys: ['extra', 'none'] },
    };
    const provided = await open(await configure({ name: 'ecr', tokenAttributes }));
    expect(await users(provided)).toEqual([]);
    account = robot('u1', { role: 'r', extra: 'e', other: 'o' });
    expect((await provided(image, pod))[0]?.holder).toBe('["serviceaccount","default","robot","u1"]');
    const [question = ''] = await asked('ecr');
    expect(JSON.parse(question)).toMatchObject({
      serviceAccountToken: 't1',
      serviceAccountAnnotations: { extra: 'e', role: 'r' },
    });
    expect(tokens[0]?.spec).toMatchObject({ audiences: ['ecr'], boundObjectRef: { kind: 'Pod', name: 'web' } });
    await provided(image, pod);
    expect(await asked('ecr')).toHaveLength(2);
    account = robot('u2', { role: 'r' });
    await provided(image, pod);
    expect(await asked('ecr')).toHaveLength(4);
    account = undefined;
    expect(await users(provided)).toEqual([]);
  });
});

describe('the configuration', () => {
  it('is all files of a folder, in their order', async () => {
    await program('a', {});
    await program('b', {});
    await mkdir(join(dir, 'conf.d'));
    const text = async (name: string) => readFile(await configure({ name }), 'utf8');
    await writeFile(join(dir, 'conf.d', '2.yaml'), await text('a'));
    await writeFile(join(dir, 'conf.d', '1.json'), await text('b'));
    await writeFile(join(dir, 'conf.d', 'notes.txt'), 'x');
    expect(await users(await open(join(dir, 'conf.d')))).toEqual(['b', 'a']);
  });

  it.each([
    [[], 'providers: at least 1 item in plugins is required'],
    [[{ name: 'ecr' }, { name: 'ecr' }], 'duplicate provider name "ecr" found in configuration file(s)'],
    [[{ name: '../ecr' }], 'providers.0.name: not the name of a program'],
    [[{ name: 'ecr', matchImages: [] }], 'providers.0.matchImages'],
    [[{ name: 'ecr', apiVersion: 'v1' }], 'providers.0.apiVersion'],
    [[{ name: 'ecr', defaultCacheDuration: '-1s' }], 'providers.0.defaultCacheDuration'],
    [[{ name: 'none' }], 'plugin binary executable'],
  ])('is refused when it is wrong: %j', async (providers, problem) => {
    await program('ecr', {});
    await expect(open(await configure(...providers))).rejects.toThrow(problem);
  });
});
