import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPod, container, type Rig, silent, startRig, tempCheckpoint } from '../../test/rig.ts';
import { runtimeActions } from '../actions/index.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { terminationLogs } from './termination-log.ts';

/** What the kernel and the engine have a part in, on a real one. */
const scope = { cluster: `life-${process.pid}`, node: 'n1' };
const docker = new Docker();
let rig: Rig;
let runtime: DockerRuntime;
let folder: Awaited<ReturnType<typeof tempCheckpoint>>;

const shell = (script: string, more: object = {}) => ({
  ...container('main', 'sh', more),
  image: 'busybox:1.36',
  command: ['sh', '-c', script],
});

beforeAll(async () => {
  folder = await tempCheckpoint();
  runtime = await DockerRuntime.open({ docker, scope, log: silent });
  rig = await startRig({
    runtime,
    environment: {
      actions: runtimeActions(runtime),
      terminationLogs: terminationLogs(join(folder.dir, 'words')),
    },
  });
});
afterAll(async () => {
  await rig.stop();
  for (const { id } of await runtime.containers()) await runtime.remove(id);
  for (const { Id, Name } of await docker.listNetworks())
    if (Name === `kubus-${scope.cluster}`) await docker.getNetwork(Id).remove();
  await folder.remove();
});

const state = (name: string) => rig.api.pod(name).status?.containerStatuses?.[0];
const create = (name: string, main: ReturnType<typeof shell>, spec: Parameters<typeof buildPod>[1] = {}) =>
  rig.api.create(buildPod(name, { terminationGracePeriodSeconds: 0, ...spec, containers: [main] }));

describe('probes on Docker', () => {
  it('reach a server in the pod by its address, and see it go', async () => {
    const readinessProbe = { httpGet: { path: '/index.html', port: 'web' }, periodSeconds: 0.1, failureThreshold: 1 };
    const ports = [{ name: 'web', containerPort: 8080 }];
    const script = 'mkdir /www; echo hi > /www/index.html; httpd -p 8080 -h /www; sleep 1000';
    create('web', shell(script, { readinessProbe, ports }));
    await eventually(() => expect(state('web')?.ready).toBe(true), 30_000);
    const id = state('web')?.containerID?.slice(9) ?? '';
    await runtimeActions(runtime).hook(
      { exec: { command: ['killall', 'httpd'] } },
      { id, container: { name: 'main' }, address: '' },
      AbortSignal.timeout(10_000),
    );
    await eventually(() => expect(state('web')?.ready).toBe(false), 30_000);
  });

  it('run commands: a container that has lost its file is restarted', async () => {
    const livenessProbe = { exec: { command: ['cat', '/tmp/alive'] }, periodSeconds: 0.2, failureThreshold: 1 };
    const script = 'trap "exit 0" TERM; touch /tmp/alive; sleep 1; rm /tmp/alive; while :; do sleep 0.1; done';
    create('live', shell(script, { livenessProbe }));
    await eventually(() => expect(state('live')?.restartCount).toBe(1), 30_000);
    expect(rig.api.events.join('\n')).toContain("Liveness probe failed: cat: can't open '/tmp/alive'");
  });
});

describe('the end of a container on Docker', () => {
  it('is told with its exit code and last words, and with the signal that it asks for', async () => {
    const script = 'trap "echo usr1 > /dev/termination-log; exit 5" USR1; while :; do sleep 0.1; done';
    create('stops', shell(script, { lifecycle: { stopSignal: 'SIGUSR1' } }), {
      activeDeadlineSeconds: 2,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 30,
    });
    await eventually(() => expect(state('stops')?.state?.terminated?.exitCode).toBe(5), 30_000);
    expect(state('stops')?.state?.terminated).toMatchObject({ reason: 'Error', message: 'usr1\n' });
    expect(rig.api.pod('stops').status?.reason).toBe('DeadlineExceeded');
  });

  it('for want of memory is told as OOMKilled', async () => {
    const resources = { limits: { memory: '16Mi' } };
    create('hungry', shell('x=a; while :; do x=$x$x; done', { resources }), { restartPolicy: 'Never' });
    await eventually(() => expect(rig.api.pod('hungry').status?.phase).toBe('Failed'), 30_000);
    expect(state('hungry')?.state?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
  });
});
