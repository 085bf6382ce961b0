import { once } from 'node:events';
import { mkdir, readlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPod, container, type Rig, silent, startRig, tempCheckpoint } from '../../test/rig.ts';
import { runtimeActions } from '../actions/index.ts';
import { seccompProfiles } from '../node/machine.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { terminationLogs } from './termination-log.ts';

/** What the kernel and the engine have a part in, on a real one. */
const scope = { cluster: `life-${process.pid}`, node: 'n1' };
/** Of this run alone: what one that was killed left on the engine has other names. */
const uidOf = (name: string) => `uid-${name}-${process.pid}`;
const docker = new Docker();
let rig: Rig;
let runtime: DockerRuntime;
let folder: Awaited<ReturnType<typeof tempCheckpoint>>;

const shell = (script: string, more: object = {}) => ({
  ...container('main', 'sh', more),
  image: 'busybox:1.36',
  command: ['sh', '-c', script],
});

/** Above those that the kernel gives out: nobody takes it between this look and the start of the pod. */
async function freePort(port = 61_000 + (process.pid % 4_000)): Promise<number> {
  const server = createServer();
  const listens = once(server.listen(port, '127.0.0.1'), 'listening');
  const isFree = await listens.then(
    () => true,
    () => false,
  );
  server.close();
  return isFree ? port : freePort(port + 1);
}

beforeAll(async () => {
  folder = await tempCheckpoint();
  await mkdir(join(folder.dir, 'seccomp'));
  const refused = { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' };
  const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [refused] };
  await writeFile(join(folder.dir, 'seccomp', 'no-mkdir.json'), JSON.stringify(profile));
  runtime = await DockerRuntime.open({ docker, scope, log: silent });
  rig = await startRig({
    runtime,
    environment: {
      actions: runtimeActions(runtime),
      terminationLogs: terminationLogs(join(folder.dir, 'words')),
      seccompProfile: seccompProfiles(join(folder.dir, 'seccomp')),
    },
  });
});
afterAll(async () => {
  await rig.stop();
  for (const { id } of await runtime.containers()) await runtime.remove(id);
  for (const { Id, Name } of await docker.listNetworks())
    if (Name === `kubus-${scope.cluster}`) await eventually(() => docker.getNetwork(Id).remove());
  await folder.remove();
});

const state = (name: string) => rig.api.pod(name).status?.containerStatuses?.[0];
const create = (name: string, main: ReturnType<typeof shell>, spec: Parameters<typeof buildPod>[1] = {}) =>
  rig.api.create(buildPod(name, { terminationGracePeriodSeconds: 0, ...spec, containers: [main] }, uidOf(name)));

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
      AbortSignal.timeout(30_000),
    );
    await eventually(() => expect(state('web')?.ready).toBe(false), 30_000);
  });

  it('run commands: a container that has lost its file is restarted', async () => {
    const exec = { command: ['cat', '/tmp/alive'] };
    const livenessProbe = { exec, periodSeconds: 0.2, timeoutSeconds: 30, failureThreshold: 1 };
    const script = 'trap "exit 0" TERM; touch /tmp/alive; sleep 1; rm /tmp/alive; while :; do sleep 0.1; done';
    create('live', shell(script, { livenessProbe }));
    await eventually(() => expect(state('live')?.restartCount).toBe(1), 30_000);
    expect(rig.api.events.join('\n')).toContain("Liveness probe failed: cat: can't open '/tmp/alive'");
  });

  it('end a command that takes too long', async () => {
    create('slow', shell('sleep 1000'));
    await eventually(() => expect(state('slow')?.ready).toBe(true), 30_000);
    const id = state('slow')?.containerID?.slice(9) ?? '';
    const target = { id, container: { name: 'main' }, address: '' };
    const probe = { exec: { command: ['sleep', '7777'] }, timeoutSeconds: 1 };
    expect((await runtimeActions(runtime).probe(probe, target)).output).toContain('timed out after 1s');
    await eventually(async () => {
      const { Processes } = await docker.getContainer(id).top();
      expect(JSON.stringify(Processes)).not.toContain('7777');
    }, 30_000);
  });
});

describe('a pod with a RuntimeClass on Docker', () => {
  const runtimeClass = (name: string, handler: string) =>
    rig.api.put({ apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler });

  it('is run by what the class names, sandbox and containers', async () => {
    runtimeClass('plain', 'runc');
    expect((await runtime.capacity()).runtimeHandlers).toContain('runc');
    create('classed', shell('sleep 1000'), { runtimeClassName: 'plain' });
    await eventually(() => expect(state('classed')?.ready).toBe(true), 30_000);
    const records = await runtime.containers(uidOf('classed'));
    const made = await Promise.all(records.map(({ id }) => docker.getContainer(id).inspect()));
    expect(made.map(({ HostConfig }) => HostConfig.Runtime)).toEqual(['runc', 'runc']);
    expect(records.find(({ container: name }) => name === '')?.handler).toBe('runc');
  });

  it('waits where the engine does not have it, or there is no such class', async () => {
    runtimeClass('strange', 'strange-handler');
    create('strange', shell('sleep 1000'), { runtimeClassName: 'strange' });
    create('classless', shell('sleep 1000'), { runtimeClassName: 'none' });
    await eventually(() => {
      const events = rig.api.events.join('\n');
      expect(events).toMatch(/FailedCreatePodSandBox Failed to create pod sandbox: .*strange-handler/);
      expect(events).toContain(
        'FailedCreatePodSandBox Failed to create pod sandbox: runtimeclass.node.k8s.io "none" not found',
      );
      for (const name of ['strange', 'classless']) expect(rig.api.pod(name).status?.phase).toBe('Pending');
    }, 30_000);
  });

  it('waits where it asks for users of its own: the engine has none for single pods', async () => {
    runtimeClass('plain', 'runc');
    create('own-users', shell('sleep 1000'), { hostUsers: false });
    create('own-users-classed', shell('sleep 1000'), { hostUsers: false, runtimeClassName: 'plain' });
    const problem = "FailedCreatePodSandBox Failed to create pod sandbox: can't set `spec.hostUsers: false`,";
    await eventually(() => {
      expect(rig.api.events).toContain(`${problem} runtime does not support user namespaces`);
      expect(rig.api.events).toContain(`${problem} RuntimeClass handler "runc" does not support user namespaces`);
    }, 30_000);
  });
});

describe('the end of a container on Docker', () => {
  it('is told with its exit code and last words, and with the signal that it asks for', async () => {
    const script = 'trap "echo usr1 > /dev/termination-log; exit 5" USR1; touch /ready; while :; do sleep 0.1; done';
    const readinessProbe = { exec: { command: ['test', '-e', '/ready'] }, periodSeconds: 0.1, timeoutSeconds: 30 };
    const pod = create('stops', shell(script, { lifecycle: { stopSignal: 'SIGUSR1' }, readinessProbe }), {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 30,
    });
    await eventually(() => expect(state('stops')?.ready).toBe(true), 30_000);
    rig.api.change('stops', { ...rig.api.pod('stops'), spec: { ...pod.spec, activeDeadlineSeconds: 1 } } as typeof pod);
    await eventually(() => expect(state('stops')?.state?.terminated?.exitCode).toBe(5), 30_000);
    expect(state('stops')?.state?.terminated).toMatchObject({ reason: 'Error', message: 'usr1\n' });
    expect(rig.api.pod('stops').status?.reason).toBe('DeadlineExceeded');
    expect(state('stops')?.stopSignal).toBe('SIGUSR1');
  });

  it.each([
    ['is not there', '/none'],
    ['may not be executed', '/etc/passwd'],
  ])('whose command %s is told as StartError, and fails its pod', async (why, command) => {
    const name = why.replaceAll(' ', '-');
    create(name, { name: 'main', image: 'busybox:1.36', command: [command] }, { restartPolicy: 'Never' });
    await eventually(() => expect(rig.api.pod(name).status?.phase).toBe('Failed'), 30_000);
    expect(state(name)?.state?.terminated).toMatchObject({ exitCode: 128, reason: 'StartError' });
    expect(state(name)?.state?.terminated?.message).toContain(`exec: "${command}"`);
  });

  it('for want of memory is told as OOMKilled', async () => {
    const resources = { limits: { memory: '16Mi' } };
    const ended = async (name: string) => {
      create(name, shell('x=a; while :; do x=$x$x; done', { resources }), { restartPolicy: 'Never' });
      await eventually(() => expect(state(name)?.state?.terminated?.exitCode).toBe(137), 30_000);
      return eventually(() => expect(state(name)?.state?.terminated?.reason).toBe('OOMKilled'), 3_000);
    };
    // An engine with much to do misses what the kernel tells now and then.
    let tried = 0;
    await eventually(() => ended(`hungry-${++tried}`), 90_000);
  });
});

describe('what a container may, on Docker', () => {
  /** What it wrote into its termination log. */
  const says = async (name: string, script: string, more: object = {}, spec: Parameters<typeof buildPod>[1] = {}) => {
    create(name, shell(`( ${script} ) > /dev/termination-log 2>&1`, more), { restartPolicy: 'Never', ...spec });
    await eventually(() => expect(state(name)?.state?.terminated).not.toBe(undefined), 30_000);
    return state(name)?.state?.terminated?.message ?? '';
  };

  it('is as its security context says, with the groups of the pod', async () => {
    const securityContext = {
      runAsGroup: 3000,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
      seccompProfile: { type: 'Unconfined' },
    };
    const script = 'id; grep -E "NoNewPrivs|Seccomp:|CapBnd" /proc/self/status; touch /x';
    const said = await says(
      'bound',
      script,
      { securityContext },
      {
        securityContext: { runAsUser: 1000, supplementalGroups: [4000], fsGroup: 2000 },
      },
    );
    expect(said).toContain('uid=1000 gid=3000 groups=2000,3000,4000');
    expect(said).toMatch(/NoNewPrivs:\t1/);
    expect(said).toMatch(/Seccomp:\t0/);
    expect(said).toMatch(/CapBnd:\t0000000000000400/);
    expect(said).toContain('Read-only file system');
  });

  it('has the network of its node where it asks for that', async () => {
    const script = 'readlink /proc/self/ns/net';
    const host = await readlink('/proc/self/ns/net');
    expect((await says('host-network', script, {}, { hostNetwork: true })).trim()).toBe(host);
    expect((await says('own-network', script)).trim()).not.toBe(host);
  });

  it('is reached at a port of its node when it asks for one', async () => {
    const hostPort = await freePort();
    const ports = [{ containerPort: 8080, hostPort }];
    create('published', shell('mkdir /www; echo hi >/www/index.html; httpd -f -p 8080 -h /www', { ports }));
    await eventually(async () => {
      const answer = await fetch(`http://127.0.0.1:${hostPort}/index.html`);
      expect(await answer.text()).toBe('hi\n');
    }, 30_000);
  });

  it('shares namespaces of its node where it asks for them, and has its own kernel parameters', async () => {
    const script = 'readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc; cat /proc/sys/kernel/shm_rmid_forced';
    const sysctls = [{ name: 'kernel.shm_rmid_forced', value: '1' }];
    const lines = async (name: string, spec: object) => (await says(name, script, {}, spec)).trim().split('\n');
    const own = await lines('own-spaces', { securityContext: { sysctls } });
    const host = await lines('host-spaces', { hostPID: true, hostIPC: true });
    const again = await lines('host-again', { hostPID: true, hostIPC: true });
    expect(own[2]).toBe('1');
    expect(host.slice(0, 2)).toEqual(again.slice(0, 2));
    expect(host[0]).not.toBe(own[0]);
    expect(host[1]).not.toBe(own[1]);
  });

  it('sees all of /proc where it asks for that', async () => {
    const script = 'grep -c "tmpfs /proc/\\|proc /proc/" /proc/mounts';
    expect(Number(await says('masked', script))).toBeGreaterThan(0);
    const securityContext = { procMount: 'Unmasked' };
    expect(await says('unmasked', script, { securityContext })).toBe('0\n');
  });

  it('keeps the user of the image when only a group is given, and has the filter of the engine by default', async () => {
    const said = await says('grouped', 'id -u; id -g; grep Seccomp: /proc/self/status', {
      securityContext: { runAsGroup: 7 },
    });
    expect(said).toBe('0\n7\nSeccomp:\t2\n');
  });

  it('has a filter of the node when it names one that is there', async () => {
    const profile = { type: 'Localhost', localhostProfile: 'no-mkdir.json' };
    const said = await says('filtered', 'mkdir /tmp/x', { securityContext: { seccompProfile: profile } });
    expect(said).toContain('Operation not permitted');
    const absent = { type: 'Localhost', localhostProfile: 'absent.json' };
    create('unfiltered', shell('sleep 1000', { securityContext: { seccompProfile: absent } }));
    await eventually(() => expect(state('unfiltered')?.state?.waiting?.reason).toBe('CreateContainerError'), 30_000);
  });

  it('sees the processes of its pod when they are shared, and orphans among them are taken care of', async () => {
    const zombies = 'ps -o stat,args | grep -c "^Z"';
    const wait = `i=0; while [ $(${zombies}) != 0 ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done`;
    const script = `ps -o pid,args; (sh -c "sleep 0.1 & exit" &); sleep 0.5; ${wait}; ${zombies}`;
    const said = await says('shared', script, {}, { shareProcessNamespace: true });
    expect(said).toContain('1 /pause');
    expect(said.trim().split('\n').at(-1)).toBe('0');
  });

  it('is not started as root when it must not be', async () => {
    create('root', shell('sleep 1000', { securityContext: { runAsNonRoot: true } }));
    await eventually(
      () =>
        expect(state('root')?.state?.waiting).toEqual({
          reason: 'CreateContainerConfigError',
          message: `container has runAsNonRoot and image will run as root (pod: "root_default(${uidOf('root')})", container: main)`,
        }),
      30_000,
    );
    const securityContext = { runAsNonRoot: true, runAsUser: 1000 };
    expect(await says('user', 'id -u', { securityContext })).toBe('1000\n');
  });
});

it('a container on Docker gets other limits while it runs', async () => {
  const limit = (memory: string) => ({ resources: { limits: { memory, cpu: '500m' } } });
  create('grows', shell('sleep 1000', limit('32Mi')));
  await eventually(() => expect(state('grows')?.state?.running).not.toBe(undefined), 30_000);
  const pod = rig.api.pod('grows');
  const [main] = pod.spec?.containers ?? [];
  if (main !== undefined)
    rig.api.change('grows', { ...pod, spec: { ...pod.spec, containers: [{ ...main, ...limit('64Mi') }] } });
  const id = state('grows')?.containerID?.slice(9) ?? '';
  await eventually(async () => {
    const { HostConfig } = await docker.getContainer(id).inspect();
    expect([HostConfig.Memory, HostConfig.CpuQuota]).toEqual([64 * 2 ** 20, 50_000]);
  }, 30_000);
  await eventually(() => expect(state('grows')?.resources?.limits?.['memory']).toBe('64Mi'));
  expect(state('grows')?.restartCount).toBe(0);
});

describe('an ephemeral container on Docker', () => {
  it('joins a pod that runs, and sees the processes of its target', async () => {
    create('target', shell('sleep 4321'));
    await eventually(() => expect(state('target')?.state?.running).not.toBe(undefined), 30_000);
    const pod = rig.api.pod('target');
    const script = 'ps -o args > /dev/termination-log';
    const debug = { ...shell(script), name: 'debug', targetContainerName: 'main' };
    rig.api.change('target', { ...pod, spec: { containers: [], ...pod.spec, ephemeralContainers: [debug] } });
    const found = () => rig.api.pod('target').status?.ephemeralContainerStatuses?.[0];
    await eventually(() => expect(found()?.state?.terminated?.message).toContain('sleep 4321'), 30_000);
    expect(found()).toMatchObject({ name: 'debug', ready: false, restartCount: 0 });
    expect(rig.api.pod('target').status?.phase).toBe('Running');
    expect(state('target')).toMatchObject({ ready: true, restartCount: 0 });
  });
});

it('is measured: what goes through the network of its pod, what it writes and logs', async () => {
  create('busy', shell('head -c 50000 /dev/zero >/written; sync; printf "%04000d\\n" 1; sleep 1000'));
  await eventually(() => expect(state('busy')?.ready).toBe(true), 30_000);
  const records = await runtime.containers(uidOf('busy'));
  const sandbox = records.find((record) => record.container === '');
  const main = records.find((record) => record.container === 'main');
  const received = async () => (await runtime.networkUsage([sandbox?.id ?? '']))[0]?.interfaces;
  const before = await received();
  expect(before).toMatchObject([{ name: 'eth0' }]);
  await eventually(async () => {
    // Nobody listens there: what is refused was received all the same.
    await runtimeActions(runtime).probe(
      { tcpSocket: { port: 9 } },
      { id: '', container: { name: 'main' }, address: sandbox?.ips[0] ?? '' },
    );
    expect((await received())?.[0]?.rxPackets).toBeGreaterThan(before?.[0]?.rxPackets ?? Number.POSITIVE_INFINITY);
  });
  await eventually(async () => expect(await runtime.logBytes(main?.id ?? '')).toBeGreaterThan(4000));
  await eventually(async () =>
    expect((await runtime.writtenBytes()).get(main?.id ?? '')).toBeGreaterThanOrEqual(50_000),
  );
});
