import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { must, root, run } from './harness/index.ts';

const project = 'kubus-e2e-compose';
const kubeconfig = `${root}/.kubus/compose/kubeconfig`;
const scaled = [
  '--scale',
  'api=2',
  '--scale',
  'scheduler=2',
  '--scale',
  'controller-manager=2',
  '--scale',
  'node-agent=3',
];

// The committed file, unchanged; only the published ports are moved out of the way of other clusters on this machine.
const env = { KUBUS_API_PORT: '18443', KUBUS_NATS_PORT: '18222', DOCKER_BUILDKIT: '0' };
const compose = (...args: string[]) =>
  must('docker', ['compose', '-p', project, ...args], { cwd: root, env, timeoutMs: 600_000 });
const kubectl = (...args: string[]) => must('kubectl-1.36', args, { env: { KUBECONFIG: kubeconfig } });

beforeAll(async () => {
  await down();
  await compose('up', '--build', '-d');
}, 600_000);
afterAll(down, 120_000);

async function down(): Promise<void> {
  await run('docker', ['compose', '-p', project, 'down', '-v', '--remove-orphans', '-t', '2'], { cwd: root, env });
  const pods = (await must('docker', ['ps', '-aq', '--filter', 'label=kubus.io/cluster=compose'])).trim();
  if (pods !== '') await run('docker', ['rm', '-f', ...pods.split('\n')]);
}

const readyNodes = async () =>
  (await kubectl('get', 'nodes', '--no-headers')).split('\n').filter((line) => /\sReady\s/.test(line)).length;

it('brings up a cluster that runs pods', async () => {
  await eventually(async () => expect(await readyNodes()).toBe(1), 240_000, 1_000);
  await kubectl('apply', '-f', `${root}/examples/web.yaml`);
  await kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
  // Nothing says when the server has begun to listen.
  await eventually(async () =>
    expect(await kubectl('exec', 'deploy/web', '--', 'wget', '-qO-', 'http://127.0.0.1:8080/')).toContain(
      'Hello from Kubus',
    ),
  );
});

it('scales every service; each agent is a node of its own', async () => {
  await compose('up', '-d', '--no-recreate', ...scaled);
  await eventually(async () => expect(await readyNodes()).toBe(3), 240_000, 1_000);
  await kubectl('scale', 'deploy/web', '--replicas=6');
  await kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
  const nodes = await kubectl('get', 'pods', '-o', 'jsonpath={range .items[*]}{.spec.nodeName}{"\\n"}{end}');
  expect(new Set(nodes.trim().split('\n')).size).toBe(3);
});

it('keeps no secret in another service and publishes no port beyond the loopback', async () => {
  const ports = await must('docker', [
    'ps',
    '--filter',
    `label=com.docker.compose.project=${project}`,
    '--format',
    '{{.Ports}}',
  ]);
  expect(ports).not.toMatch(/0\.0\.0\.0:|\[?::\]?:\d/);
  const listing = await compose(
    'exec',
    '-T',
    'scheduler',
    'node',
    '-e',
    'process.stdout.write(require("fs").readdirSync("/state").join())',
  );
  expect(listing).not.toContain('ca.key');
});
