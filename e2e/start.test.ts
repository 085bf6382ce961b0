import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, root, run, startCluster } from './harness/index.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(async () => {
  await cluster?.destroy();
});

it('says what to do next when it is ready', () => {
  expect(cluster.output()).toContain(`export KUBECONFIG=${cluster.kubeconfig}`);
  expect(cluster.output()).toContain('kubectl apply -f examples/web.yaml');
  expect(cluster.output()).toContain('kubus publish -f examples/web.yaml --set default.web');
});

it('is only ready when an applied pod is scheduled at once', async () => {
  await cluster.kubectl('apply', '-f', `${root}/examples/web.yaml`);
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
  const events = await cluster.kubectl('get', 'events', '--field-selector', 'reason=FailedScheduling', '-o', 'name');
  expect(events).toBe('');
});

it('points to the running cluster when it is started a second time', async () => {
  const second = await cluster.kubus('up');
  expect(second).toMatchObject({ code: 0 });
  expect(second.stdout).toContain('already running');
});

it('reports the health of every service and the nodes', async () => {
  const status = await cluster.kubus('status');
  expect(status.code).toBe(0);
  for (const service of ['api', 'scheduler', 'controller-manager', 'node-agent'])
    expect(status.stdout).toContain(service);
  const nodes = await cluster.kubus('nodes');
  expect(nodes.stdout).toMatch(/node-1\s+Ready/);
  expect(nodes.stdout).toMatch(/node-2\s+Ready/);
});

it('continues over the state of an earlier start: the same objects, the same containers', async () => {
  const objects = () =>
    cluster.kubectl(
      'get',
      'deploy,rs,pods,cm,nodes',
      '-o',
      'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.uid}{"\\n"}{end}',
    );
  const running = async () => (await cluster.containers()).map((c) => [c.id, c.state, c.startedAt]).sort();
  const before = { objects: await objects(), containers: await running() };
  await cluster.interrupt();
  expect(await running()).toEqual(before.containers);
  await cluster.start();
  expect(await objects()).toBe(before.objects);
  await eventually(async () => expect(await cluster.kubectl('get', 'deploy', 'web')).toMatch(/3\/3/), 30_000);
  expect(await running()).toEqual(before.containers);
});

it('leaves no process behind after Ctrl-C', async () => {
  const pids = await Promise.all(
    ['api', 'redis', 'nats', 'scheduler', 'controller-manager', 'node-1', 'node-2'].map((p) => cluster.pid(p)),
  );
  await cluster.interrupt();
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
});

it('says in one line that Docker cannot be reached, and offers simulated nodes', async () => {
  const answer = await run(
    process.execPath,
    [`${root}/packages/cli/src/main.ts`, 'up', '--dir', `${cluster.stateDir}/no-docker`],
    {
      env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    },
  );
  expect(answer.code).toBe(1);
  expect(answer.stderr.trim().split('\n')).toHaveLength(1);
  expect(answer.stderr).toContain('--runtime sim');
});
