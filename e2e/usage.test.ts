import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from './harness/index.ts';

let cluster: Cluster;

beforeAll(async () => {
  const env = { KUBUS_METRIC_RESOLUTION: '2s', KUBUS_HORIZONTAL_POD_AUTOSCALER_SYNC_PERIOD: '2s' };
  cluster = await startCluster({ args: ['--nodes', '1'], env });
});
afterAll(async () => {
  await cluster?.destroy();
});

const k = (command: string) => cluster.kubectl(...command.split(' '));

/** A container that would take a whole core, and is given a fifth of one. */
const busy = {
  name: 'main',
  image: 'busybox:1.36',
  command: ['sh', '-c', 'while :; do :; done'],
  resources: { requests: { cpu: '100m' }, limits: { cpu: '200m' } },
};

it('top tells what containers on Docker use, and an autoscaler adds pods by it', async () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'busy' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'busy' } },
      template: {
        metadata: { labels: { app: 'busy' } },
        spec: { terminationGracePeriodSeconds: 0, containers: [busy] },
      },
    },
  };
  await cluster.tryKubectl(['apply', '-f', '-'], { input: JSON.stringify(deployment) });
  await k('rollout status deployment/busy --timeout=120s');
  await k('autoscale deployment busy --cpu=10% --min=1 --max=2');
  await eventually(async () => {
    const [, cpu = '', memory = ''] = /busy-\S+ +(\d+)m +(\d+)Mi/.exec(await k('top pods -l app=busy')) ?? [];
    expect(Number(cpu)).toBeGreaterThan(10);
    expect(Number(cpu)).toBeLessThan(250);
    expect(Number(memory)).toBeLessThan(64);
    expect(await k('top nodes')).toMatch(/^node-1 +\d+m +\d+% +\d+Mi +\d+%/m);
    expect(await k('top pods -l app=busy --containers')).toMatch(/busy-\S+ +main +\d+m +\d+Mi/);
  }, 90_000);
  await eventually(async () => {
    expect(await k('get deployment busy -o jsonpath={.status.readyReplicas}')).toBe('2');
    expect(await k('describe hpa busy')).toMatch(/SuccessfulRescale .*New size: 2; reason: cpu resource utilization/);
  }, 120_000);
});
