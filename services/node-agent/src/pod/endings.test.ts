import { join } from 'node:path';
import type { Pod } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig, tempCheckpoint } from '../../test/rig.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { refusal } from './admission.ts';
import { terminationLogs } from './termination-log.ts';

let fake: FakeDocker;
let rig: Rig;
let folder: Awaited<ReturnType<typeof tempCheckpoint>>;
/** Added to the clock of the agent and the engine. */
let later = 0;
const now = () => Date.now() + later;
/** The node lacks what pods ask for, as far as the agent knows. */
let lacking = false;
let readNode = async (): Promise<void> => undefined;

beforeEach(async () => {
  later = 0;
  fake = await FakeDocker.start({
    programs: {
      run: {},
      speaks: { exit: { code: 3, afterMs: 5 }, lastWords: 'out of luck', output: ['one', 'two'] },
      mute: { exit: { code: 3, afterMs: 5 }, output: ['one', 'two'] },
      content: { exit: { code: 0, afterMs: 5 }, output: ['one', 'two'] },
      fail: { exit: { code: 3, afterMs: 1 } },
    },
  });
  fake.engine.now = now;
  folder = await tempCheckpoint();
  const runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
  lacking = false;
  const refuse = (pod: Pod) =>
    refusal(pod, { unsafeSysctls: [], appArmor: false }) ??
    (lacking ? { reason: 'NodeAffinity', message: 'Pod was rejected: no', byNode: true as const } : undefined);
  const refreshNode = () => readNode();
  const logs = terminationLogs(join(folder.dir, 'words'));
  rig = await startRig({
    runtime,
    now,
    checkpoint: folder.checkpoint,
    environment: { terminationLogs: logs, refuse, refreshNode },
  });
});

afterEach(async () => {
  await rig.stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
  await folder.remove();
});

const status = (name: string) => rig.api.pod(name).status ?? {};
const main = (name: string) => status(name).containerStatuses?.[0];
const phaseIs = (name: string, phase: string) => eventually(() => expect(status(name).phase).toBe(phase));
/** Time passes, and the agent notices. */
const pass = (seconds: number, name: string) => {
  later += seconds * 1000;
  const pod = rig.api.pod(name);
  rig.api.change(name, { ...pod, metadata: { ...pod.metadata, annotations: { touched: `${later}` } } });
};

describe('the last words of a container', () => {
  const create = (command: string, more: object = {}) =>
    rig.api.create(buildPod('job', { restartPolicy: 'Never', containers: [container('main', command, more)] }));
  const ended = async () => {
    await eventually(() => expect(main('job')?.state?.terminated).not.toBe(undefined));
    return main('job')?.state?.terminated?.message;
  };

  it('are what it wrote into its termination log', async () => {
    create('speaks', { terminationMessagePolicy: 'FallbackToLogsOnError' });
    expect(await ended()).toBe('out of luck');
  });

  it('are the end of its log when it failed without a word and asks for that', async () => {
    create('mute', { terminationMessagePolicy: 'FallbackToLogsOnError' });
    expect(await ended()).toBe('one\ntwo\n');
  });

  it('are none when it did not fail, or does not ask for its log', async () => {
    create('content', { terminationMessagePolicy: 'FallbackToLogsOnError' });
    expect(await ended()).toBe(undefined);
    rig.api.remove('job');
    await eventually(() => expect(rig.api.has('job')).toBe(false));
    rig.api.create(
      buildPod('next', {
        restartPolicy: 'Never',
        containers: [container('main', 'mute', { terminationMessagePolicy: 'File' })],
      }),
    );
    await phaseIs('next', 'Failed');
    expect(main('next')?.state?.terminated?.message).toBe(undefined);
  });
});

describe('a pod that its node refuses', () => {
  it('fails with the reason, and nothing of it is made', async () => {
    rig.api.create(buildPod('bad', { securityContext: { sysctls: [{ name: 'kernel.shmmax', value: '1' }] } }));
    await phaseIs('bad', 'Failed');
    expect(status('bad').reason).toBe('SysctlForbidden');
    // Their states would hide the reason in `kubectl get pods`.
    expect(status('bad').containerStatuses).toBe(undefined);
    expect(rig.api.events).toEqual(['SysctlForbidden forbidden sysctl: "kernel.shmmax" not allowlisted']);
    expect(fake.engine.containers.size).toBe(0);
  });

  it('for what the node is said to be, is refused only once the node was read anew', async () => {
    lacking = true;
    readNode = async () => {
      lacking = false;
    };
    rig.api.create(buildPod('web'));
    await phaseIs('web', 'Running');
    lacking = true;
    readNode = () => Promise.reject(new Error('away'));
    rig.api.create(buildPod('bad'));
    await phaseIs('bad', 'Failed');
    expect(status('bad')).toMatchObject({ reason: 'NodeAffinity', message: 'Pod was rejected: no' });
    expect(rig.api.events).toContain('NodeAffinity no');
  });
});

describe('a pod with a deadline', () => {
  it('fails when it has been active for that long, and its containers end', async () => {
    rig.api.create(buildPod('job', { activeDeadlineSeconds: 600 }));
    await phaseIs('job', 'Running');
    pass(599, 'job');
    await phaseIs('job', 'Running');
    pass(2, 'job');
    await phaseIs('job', 'Failed');
    expect(status('job')).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
    await eventually(() => expect(main('job')?.state?.terminated?.exitCode).toBe(143));
    expect(status('job').reason).toBe('DeadlineExceeded');
    expect(main('job')?.restartCount).toBe(0);
    const told = rig.api.events.filter((event) => event.startsWith('DeadlineExceeded'));
    expect(told).toEqual(['DeadlineExceeded Pod was active on the node longer than the specified deadline']);
  });

  it('fails in time although nothing happens to it', async () => {
    rig.api.create(buildPod('job', { activeDeadlineSeconds: 1 }));
    await phaseIs('job', 'Failed');
  });
});

describe('a container that keeps failing', () => {
  it('is started again after longer and longer times, and anew after ten minutes of work', async () => {
    rig.api.create(buildPod('web', { containers: [container('main', 'fail')] }));
    for (const [i, wait] of ['10s', '20s', '40s', '1m20s', '2m40s', '5m0s', '5m0s'].entries()) {
      await eventually(() => {
        expect(main('web')?.restartCount).toBe(i + 1);
        expect(main('web')?.state?.waiting?.message).toContain(`back-off ${wait} restarting`);
      });
      pass(310, 'web');
    }
  });

  it('may have a policy of its own', async () => {
    const rules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [7] } }];
    const spec = { restartPolicy: 'Never', restartPolicyRules: rules };
    rig.api.create(buildPod('web', { containers: [container('main', 'run', spec), container('other', 'run')] }));
    await phaseIs('web', 'Running');
    const of = () => [...fake.engine.containers.values()].filter((c) => c.labels['kubus.io/container'] === 'main');
    const [first] = of();
    if (first !== undefined) fake.engine.end(first, 7);
    await eventually(() => expect(main('web')).toMatchObject({ restartCount: 1, ready: true }));
    const second = of().at(-1);
    if (second !== undefined) fake.engine.end(second, 8);
    await eventually(() => expect(main('web')?.state?.terminated?.exitCode).toBe(8));
    expect(status('web').phase).toBe('Running');
  });
});

describe('a container whose end restarts all', () => {
  const rules = [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } }];
  const of = (name: string) =>
    [...fake.engine.containers.values()].filter((c) => c.labels['kubus.io/container'] === name);
  const end = (name: string, code: number) => {
    const running = of(name).find((c) => c.state === 'running');
    if (running !== undefined) fake.engine.end(running, code);
  };
  const all = () => [...(status('gang').initContainerStatuses ?? []), ...(status('gang').containerStatuses ?? [])];
  const condition = (type: string) => status('gang').conditions?.find((c) => c.type === type);

  beforeEach(async () => {
    rig.api.create(
      buildPod('gang', {
        restartPolicy: 'Never',
        initContainers: [container('init', 'content'), container('proxy', 'run', { restartPolicy: 'Always' })],
        containers: [container('main', 'run'), container('watcher', 'run', { restartPolicyRules: rules })],
      }),
    );
    await eventually(() => expect(condition('Ready')?.status).toBe('True'));
    expect(condition('AllContainersRestarting')?.status).toBe('False');
  });

  it('starts the pod anew in its sandbox, init containers first, as often as it ends so', async () => {
    const sandbox = [...fake.engine.containers.values()].find((c) => c.labels['kubus.io/sandbox'] === 'true');
    for (const round of [1, 2]) {
      end('watcher', 42);
      await eventually(() =>
        expect(all().map(({ restartCount }) => restartCount)).toEqual([round, round, round, round]),
      );
      await eventually(() => expect(condition('Ready')?.status).toBe('True'));
      for (const { lastState } of all())
        expect(lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'RestartingAllContainers' });
    }
    expect(sandbox?.state).toBe('running');
    expect(of('main').map((c) => c.starts)).toEqual([1, 1]);
  });

  it('says so while the others end', async () => {
    const seen: string[] = [];
    rig.api.informer().onChange(({ object }) => {
      const found = object.status?.conditions?.find(({ type }) => type === 'AllContainersRestarting');
      seen.push(`${found?.status} ${found?.reason ?? ''}`);
    });
    end('watcher', 42);
    await eventually(() => expect(all().every(({ restartCount }) => restartCount === 1)).toBe(true));
    expect(seen).toContain('True RestartAllContainersStarted');
    await eventually(() => expect(condition('AllContainersRestarting')?.status).toBe('False'));
    expect(condition('Initialized')?.status).toBe('True');
  });

  it('ends like any other with another exit code', async () => {
    end('watcher', 41);
    end('main', 0);
    await phaseIs('gang', 'Failed');
    expect(all().map(({ restartCount }) => restartCount)).toEqual([0, 0, 0, 0]);
  });
});
