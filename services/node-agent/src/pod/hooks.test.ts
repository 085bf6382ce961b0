import type { LifecycleHandler } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig, tempCheckpoint } from '../../test/rig.ts';
import type { Target } from '../actions/contract.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { openCheckpoint } from './checkpoint.ts';

let fake: FakeDocker;
let rig: Rig;
let folder: Awaited<ReturnType<typeof tempCheckpoint>>;
/** `command container` of every hook that was begun. */
let begun: string[];
let gates: Map<string, PromiseWithResolvers<void>>;

const exec = (name: string): LifecycleHandler => ({ exec: { command: [name] } });
const actions = {
  probe: async () => ({ result: 'success' as const, output: '' }),
  hook: async ({ exec: run }: LifecycleHandler, target: Target, signal: AbortSignal) => {
    const name = run?.command?.[0] ?? '';
    begun.push(`${name} ${target.container.name}`);
    if (name === 'fails') throw new Error('exited with 1: secret');
    if (name === 'plain') return { plainInstead: '10.0.0.1:8443' };
    const gate = gates.get(name);
    if (gate === undefined) return {};
    signal.addEventListener('abort', () => gate.resolve());
    await gate.promise;
    return {};
  },
};
const open = () => DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
const agent = async () =>
  startRig({
    runtime: await open(),
    environment: { actions },
    checkpoint: await openCheckpoint(folder.dir),
    api: rig?.api,
  });

beforeEach(async () => {
  begun = [];
  gates = new Map([['waits', Promise.withResolvers<void>()]]);
  fake = await FakeDocker.start({ programs: { run: {}, stubborn: { ignoresTerm: true } } });
  folder = await tempCheckpoint();
  rig = await startRig({ runtime: await open(), environment: { actions }, checkpoint: folder.checkpoint });
});

afterEach(async () => {
  await rig.stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
  await folder.remove();
});

const stateOf = (name: string) => rig.api.pod('web').status?.containerStatuses?.find((c) => c.name === name);
const create = (lifecycle: object, spec: Parameters<typeof buildPod>[1] = {}) =>
  rig.api.create(
    buildPod('web', { containers: [container('main', 'run', { lifecycle }), container('other', 'run')], ...spec }),
  );
const gone = () => eventually(() => expect(rig.api.has('web')).toBe(false));

describe('a postStart hook', () => {
  it('runs once after the start; until it has ended its container is not ready and the next one waits', async () => {
    create({ postStart: exec('waits') });
    await eventually(() => expect(stateOf('main')?.state?.running).not.toBe(undefined));
    expect([stateOf('main')?.ready, stateOf('main')?.started]).toEqual([false, false]);
    expect(stateOf('other')?.state?.waiting?.reason).toBe('ContainerCreating');
    gates.get('waits')?.resolve();
    await eventually(() => expect([stateOf('main')?.ready, stateOf('other')?.ready]).toEqual([true, true]));
    expect(begun).toEqual(['waits main']);
  });

  it('that fails ends its container, which is started again', async () => {
    create({ postStart: exec('fails') });
    await eventually(() => expect(stateOf('main')?.restartCount).toBe(1));
    expect(rig.api.events).toContain('FailedPostStartHook PostStartHook failed');
    expect(rig.api.events).toContain('Killing FailedPostStartHook');
    expect(rig.api.events.join()).not.toContain('secret');
  });

  it('is not run again by an agent that starts later, unless its end was not seen', async () => {
    create({ postStart: exec('done') });
    await eventually(() => expect(stateOf('other')?.ready).toBe(true));
    rig.kill();
    rig = await agent();
    rig.api.create(
      buildPod('next', { containers: [container('main', 'run', { lifecycle: { postStart: exec('waits') } })] }),
    );
    await eventually(() => expect(begun).toEqual(['done main', 'waits main']));
    rig.kill();
    rig = await agent();
    await eventually(() => expect(begun).toEqual(['done main', 'waits main', 'waits main']));
  });

  it('does not hold up the deletion of its pod', async () => {
    create({ postStart: exec('waits') });
    await eventually(() => expect(begun).toHaveLength(1));
    rig.api.remove('web');
    await gone();
  });
});

describe('a hook that was answered by HTTP where it names HTTPS', () => {
  it.each(['postStart', 'preStop'])('is carried out, and an event says so: %s', async (hook) => {
    create({ [hook]: exec('plain') });
    await eventually(() => expect(stateOf('main')?.ready).toBe(true));
    rig.api.remove('web');
    await gone();
    expect(rig.api.events.filter((e) => /Hook|Fallback/.test(e))).toEqual([
      'LifecycleHTTPFallback request to HTTPS lifecycle hook 10.0.0.1:8443 got HTTP response, retry with HTTP succeeded',
    ]);
  });
});

describe('a preStop hook', () => {
  it('runs before its container is asked to end, whatever becomes of it', async () => {
    create({ preStop: exec('waits') });
    await eventually(() => expect(stateOf('main')?.ready).toBe(true));
    rig.api.remove('web');
    await eventually(() => expect(stateOf('other')?.state?.terminated).not.toBe(undefined));
    expect(stateOf('main')?.state?.running).not.toBe(undefined);
    gates.get('waits')?.reject(new Error('exited with 1'));
    await gone();
    expect(begun).toEqual(['waits main']);
    expect(rig.api.events).toContain('FailedPreStopHook PreStopHook failed');
  });

  it('takes no longer than the grace period, and may be cut short by another request', async () => {
    create({ preStop: exec('waits') }, { terminationGracePeriodSeconds: 3600 });
    await eventually(() => expect(stateOf('main')?.ready).toBe(true));
    rig.api.remove('web');
    await eventually(() => expect(begun).toEqual(['waits main']));
    rig.api.remove('web', 1);
    await gone();
    expect(begun).toEqual(['waits main']);
    expect(rig.api.events.filter((e) => e === 'Killing Stopping container main')).toHaveLength(1);
  });

  it('is passed over when there is no time for it', async () => {
    create({ preStop: exec('waits') });
    await eventually(() => expect(stateOf('main')?.ready).toBe(true));
    rig.api.remove('web', 0);
    await gone();
    expect(begun).toEqual([]);
  });
});
