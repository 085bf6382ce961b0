import type { ContainerStatus, PodStatus } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig } from '../../test/rig.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';

let fake: FakeDocker;
let rig: Rig;
/** Called with the number of each call that changes something at the engine, counted from 0. */
let called: (call: number) => void;
let calls: number;

const changing = new Set(['createSandbox', 'createContainer', 'start', 'stop', 'remove']);
const watched = (runtime: DockerRuntime): DockerRuntime =>
  new Proxy(runtime, {
    get: (object, name) => {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (changing.has(String(name))) called(calls++);
        return value.apply(object, args);
      };
    },
  });

beforeEach(async () => {
  calls = 0;
  called = () => undefined;
  fake = await FakeDocker.start({ programs: { false: { exit: { code: 1, afterMs: 2 } }, run: {} } });
  const scope = { cluster: 'c', node: 'n1' };
  rig = await startRig({ runtime: watched(await DockerRuntime.open({ docker: fake.docker, scope, log: silent })) });
});
afterEach(async () => {
  await rig.stop();
  await fake.stop();
});

const bad = {
  container: { containers: [container('fail', 'false')] },
  'init container': { initContainers: [container('fail', 'false')], containers: [container('blocked', 'run')] },
};
type Kind = keyof typeof bad;

/** All that was told of a pod that was deleted at a call to the engine; undefined when it had ended before that call. */
async function storyOf(kind: Kind, at: number): Promise<PodStatus[] | undefined> {
  const name = `pod-${at}`;
  const begin = calls;
  let deleted = false;
  called = (call) => {
    if (call - begin !== at || !rig.api.has(name)) return;
    deleted = true;
    rig.api.remove(name, 1);
  };
  rig.api.create(buildPod(name, { restartPolicy: 'Never', ...bad[kind] }, `uid-${name}`));
  await eventually(() => expect(deleted || rig.api.pod(name).status?.phase === 'Failed').toBe(true));
  if (!deleted) rig.api.remove(name, 1);
  await eventually(() => expect(rig.api.has(name)).toBe(false));
  const told = rig.api.statuses.filter((each) => each.name === name).map(({ status }) => status);
  return deleted ? told : undefined;
}

const rankOf = ({ state }: ContainerStatus) =>
  state?.terminated === undefined ? (state?.running === undefined ? 0 : 1) : 2;

/** What nobody may be told of a pod whose only container that starts exits with 1 (the suite's "Pods Fast Delete"). */
function judge(told: readonly PodStatus[]): void {
  const all = (status: PodStatus) => [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  let before: PodStatus = {};
  for (const status of told) {
    for (const each of all(status)) {
      const known = all(before).find(({ name }) => name === each.name);
      if (known !== undefined) expect(rankOf(each)).toBeGreaterThanOrEqual(rankOf(known));
      const { terminated } = each.state ?? {};
      if (each.name === 'blocked') expect([each.started, each.state?.waiting]).toEqual([false, expect.anything()]);
      else if (terminated !== undefined) {
        const { exitCode, reason, startedAt, finishedAt } = terminated;
        const killed = ['Error', 'ContainerStatusUnknown'].includes(reason ?? '') && exitCode === 137;
        expect(exitCode === 1 || killed, JSON.stringify(terminated)).toBe(true);
        if (finishedAt !== undefined) expect(startedAt).toBeDefined();
      }
    }
    expect(all(status)).toHaveLength(all(before).length || all(status).length);
    expect(status.phase).not.toBe('Succeeded');
    if (before.phase === 'Failed') expect(status.phase).toBe('Failed');
    before = status;
  }
  if (before.phase !== 'Failed') expect(before.phase ?? 'Pending').toBe('Pending');
  expect(all(before).filter(({ state }) => state?.running !== undefined)).toEqual([]);
}

describe.each(Object.keys(bad) as Kind[])('a pod whose %s fails', (kind) => {
  it('says nothing of it that is not so, at whichever call to the engine it is deleted', async () => {
    let at = 0;
    for (let told = await storyOf(kind, at); told !== undefined; told = await storyOf(kind, ++at)) judge(told);
    expect(at).toBeGreaterThan(3);
  });
});
