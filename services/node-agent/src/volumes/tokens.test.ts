import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiRequest } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApi } from '../../test/fake-api.ts';
import { buildPod } from '../../test/rig.ts';
import { type TempVolumes, tempVolumes } from '../../test/temp-volumes.ts';
import { Tokens } from './tokens.ts';

const hour = 3_600_000;
let now: number;
let given: number;
let away: boolean;
let asked: ApiRequest[];
let tokens: Tokens;

beforeEach(() => {
  now = 1_000_000_000_000;
  [given, away, asked] = [0, false, []];
  tokens = new Tokens({ api: { request: async <T>(request: ApiRequest) => answer(request) as T }, now: () => now });
});

function answer(request: ApiRequest): unknown {
  asked.push(request);
  if (away) throw new StatusError('ServiceUnavailable', 'away');
  const seconds = (request.body as { spec: { expirationSeconds: number } }).spec.expirationSeconds;
  return { status: { token: `t${++given}`, expirationTimestamp: new Date(now + seconds * 1000).toISOString() } };
}

const pod = buildPod('web', { serviceAccountName: 'robot' });
const get = async (wish = {}, of = pod) => (await tokens.get(of, wish)).token;

describe('a token', () => {
  it('is asked for once, for the account of the pod and bound to it', async () => {
    expect(await Promise.all([get(), get(), get({ expirationSeconds: 3600 })])).toEqual(['t1', 't1', 't1']);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      verb: 'create',
      resource: 'serviceaccounts',
      subresource: 'token',
      name: 'robot',
    });
  });

  it('is another for another audience, life or pod', async () => {
    expect(await get()).toBe('t1');
    expect(await get({ audience: 'vault' })).toBe('t2');
    expect(await get({ expirationSeconds: 600 })).toBe('t3');
    expect(await get({}, buildPod('web', {}, 'another-uid'))).toBe('t4');
  });

  it('is replaced when 80% of its life is over', async () => {
    expect(await get()).toBe('t1');
    expect(await tokens.refreshAt('uid-web')).toBe(now + 0.8 * hour);
    now += 0.8 * hour - 1;
    expect(await get()).toBe('t1');
    now += 1;
    expect(await get()).toBe('t2');
  });

  it('is replaced after a day, however long it lives', async () => {
    await get({ expirationSeconds: 1_000_000 });
    expect(await tokens.refreshAt('uid-web')).toBe(now + 24 * hour);
  });

  it('stays while no new one can be had, for as long as it lives', async () => {
    expect(await get()).toBe('t1');
    away = true;
    now += 0.9 * hour;
    expect(await get()).toBe('t1');
    away = false;
    expect(await get()).toBe('t2');
    away = true;
    now += hour;
    await expect(get()).rejects.toThrow('away');
    away = false;
    expect(await get()).toBe('t3');
  });

  it('is forgotten with its pod', async () => {
    await get();
    tokens.forget('uid-web');
    expect(await tokens.refreshAt('uid-web')).toBeUndefined();
    expect(await get()).toBe('t2');
  });
});

describe('in a volume', () => {
  let temp: TempVolumes;
  afterEach(() => temp.remove());

  it('a token is for the user of the pod alone, and replaced in its file', async () => {
    const api = new FakeApi();
    temp = await tempVolumes(api, { now: () => now });
    now = Date.now();
    const web = buildPod('web', {
      securityContext: { runAsUser: 1234 },
      volumes: [{ name: 'id', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }],
    });
    const path = join(temp.dir, 'memory', 'uid-web', 'id', 'token');
    expect(await temp.volumes.setUp(web, () => undefined)).toEqual([]);
    expect(await readFile(path, 'utf8')).toBe('token-1');
    expect(await stat(path)).toMatchObject({ uid: 1234, mode: 0o100600 });
    now += 0.9 * hour;
    await temp.volumes.setUp(web, () => undefined);
    expect(await readFile(path, 'utf8')).toBe('token-2');
  });
});
