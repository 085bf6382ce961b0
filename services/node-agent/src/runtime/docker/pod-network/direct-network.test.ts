import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { eventually, freePort } from '@kubus/testkit';
import Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { readAll } from '../../../../test/read-all.ts';
import { silent } from '../../../../test/rig.ts';
import type { ContainerSpec, SandboxSpec } from '../../contract.ts';
import { DockerRuntime } from '../docker-runtime.ts';
import { linkName } from './addresses.ts';

// On the real engine, as root, which is where the agent connects pods itself.
const run = promisify(execFile);
const docker = new Docker();
const scope = { cluster: `direct-${process.pid}`, node: 'n1' };
const open = () => DockerRuntime.open({ docker, scope, log: silent });
let runtime: DockerRuntime;

beforeAll(async () => {
  runtime = await open();
});
afterEach(async () => {
  for (const { id } of await runtime.containers()) await runtime.remove(id);
});
afterAll(() => removeNetworks());

const networks = () => docker.listNetworks({ filters: { label: [`kubus.io/cluster=${scope.cluster}`] } });

/** The engine may still be letting go of containers that are gone already. */
async function removeNetworks(): Promise<void> {
  for (const { Id } of await networks()) await eventually(() => docker.getNetwork(Id).remove());
}

function sandbox(name: string, ports: SandboxSpec['ports'] = []): SandboxSpec {
  const pod = { uid: `u-${name}`, name, namespace: 'default' };
  const own = { hostNetwork: false, hostPid: false, hostIpc: false, sharedPid: false };
  return { pod, hostname: name, ...own, sysctls: [], ports, attempt: 0 };
}

async function started(spec: SandboxSpec): Promise<{ id: string; ip: string }> {
  const id = (await runtime.createSandbox(spec)) as string;
  await runtime.start(id);
  const [record] = await runtime.containers(spec.pod.uid);
  return { id, ip: record?.ips[0] ?? '' };
}

/** Output of a command in a container of the sandbox's pod. */
async function inside(spec: SandboxSpec, sandboxId: string, command: string): Promise<string> {
  const id = (await runtime.createContainer({
    pod: spec.pod,
    name: 'c',
    attempt: 0,
    image: 'busybox:1.36',
    command: ['sh', '-c', command],
    env: [],
    sandboxId,
    sandboxAttempt: 0,
    hostIpc: false,
    tty: false,
    stdin: false,
    stdinOnce: false,
    limits: {},
    requests: {},
    oomScoreAdj: 0,
    mounts: [],
    security: {
      groups: [],
      unmaskedProc: false,
      privileged: false,
      readOnlyRootFilesystem: false,
      allowPrivilegeEscalation: false,
      addCapabilities: [],
      dropCapabilities: [],
    },
  } satisfies ContainerSpec)) as string;
  await runtime.start(id);
  const ended = async () => (await runtime.containers(spec.pod.uid)).find((r) => r.id === id)?.state === 'exited';
  await eventually(async () => expect(await ended()).toBe(true));
  return (
    await readAll(await runtime.logs(id, { follow: false, timestamps: false, signal: new AbortController().signal }))
  ).toString();
}

it('gives a pod an address of its own at which this machine and other pods reach it', async () => {
  const web = sandbox('web');
  const one = await started(web);
  const two = await started(sandbox('two'));
  expect(one.ip).not.toBe(two.ip);
  expect(existsSync(`/sys/class/net/${linkName(one.ip)}/master`)).toBe(true);
  await run('ping', ['-c1', '-W10', one.ip]).catch(() => run('busybox', ['ping', '-c', '1', '-W', '10', one.ip]));
  expect(await inside(web, one.id, `hostname; ip -4 addr show eth0; ping -c1 -W10 ${two.ip} && echo reached`)).toMatch(
    new RegExp(`web[^]*${one.ip}/[^]*reached`),
  );
});

it('leaves its program no capability and the host no link when it is gone', async () => {
  const { id, ip } = await started(sandbox('bare'));
  const { State } = await docker.getContainer(id).inspect();
  const { stdout } = await run('grep', ['CapEff', `/proc/${State.Pid}/status`]);
  expect(stdout).toMatch(/0000000000000000/);
  await runtime.remove(id);
  await eventually(() => expect(existsSync(`/sys/class/net/${linkName(ip)}`)).toBe(false));
});

it('leaves pods that publish ports to the engine', async () => {
  const { id } = await started(
    sandbox('published', [{ containerPort: 80, hostPort: await freePort(), protocol: 'TCP' }]),
  );
  const { HostConfig } = await docker.getContainer(id).inspect();
  expect(HostConfig.NetworkMode).not.toBe('host');
});

it('removes a sandbox that an agent which died has not connected', async () => {
  const spec = sandbox('half');
  const id = (await runtime.createSandbox(spec)) as string;
  await docker.getContainer(id).start();
  runtime = await open();
  expect(await runtime.containers(spec.pod.uid)).toEqual([]);
});

it('starts and connects a sandbox that an agent which died has made', async () => {
  const spec = sandbox('made');
  const id = (await runtime.createSandbox(spec)) as string;
  runtime = await open();
  expect(await runtime.containers(spec.pod.uid)).toMatchObject([{ id, state: 'created' }]);
  await runtime.start(id);
  const [record] = await runtime.containers(spec.pod.uid);
  expect(existsSync(`/sys/class/net/${linkName(record?.ips[0] ?? '')}/master`)).toBe(true);
});

it('goes on with the network that other agents have agreed on when its own was removed', async () => {
  await removeNetworks();
  const Labels = { 'kubus.io/cluster': scope.cluster };
  await docker.createNetwork({ Name: `kubus-${scope.cluster}`, Driver: 'bridge', Labels });
  const { ip } = await started(sandbox('moved'));
  const bridge = await readlink(`/sys/class/net/${linkName(ip)}/master`);
  expect((await networks()).map(({ Id }) => `../br-${Id.slice(0, 12)}`)).toEqual([bridge]);
});

it('connects pods again when their network was pruned', async () => {
  const { ip } = await started(sandbox('pruned'));
  await removeNetworks();
  expect(existsSync(`/sys/class/net/${linkName(ip)}/master`)).toBe(false);
  await runtime.containers();
  await eventually(() => run('busybox', ['ping', '-c', '1', '-W', '1', ip]));
});
