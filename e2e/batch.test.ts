import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from './harness/index.ts';

let cluster: Cluster;

beforeAll(async () => {
  const env = {
    KUBUS_SIM_START_DELAY: '10ms',
    KUBUS_SIM_STOP_DELAY: '10ms',
    KUBUS_METRIC_RESOLUTION: '1s',
    KUBUS_HORIZONTAL_POD_AUTOSCALER_SYNC_PERIOD: '1s',
  };
  cluster = await startCluster({ args: ['--runtime', 'sim', '--nodes', '2'], env });
});
afterAll(async () => {
  await cluster?.destroy();
});

const k = (command: string) => cluster.kubectl(...command.split(' '));

async function apply(object: object): Promise<void> {
  const { code, stderr } = await cluster.tryKubectl(['apply', '-f', '-'], { input: JSON.stringify(object) });
  if (code !== 0) throw new Error(stderr);
}

const podTemplate = (command: string[]) => ({
  spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox', command }] },
});

const job = (name: string, spec: object, command = ['true']) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: { template: podTemplate(command), ...spec },
});

describe('Jobs through kubectl', () => {
  it('are created, waited for, shown and described', async () => {
    await k('create job hello --image=busybox -- true');
    await k('wait --for=condition=complete job/hello --timeout=120s');
    expect(await k('get job hello')).toMatch(/hello +Complete +1\/1/);
    await eventually(async () => {
      const described = await k('describe job hello');
      expect(described).toMatch(/SuccessfulCreate .*Created pod: hello-/);
      expect(described).toMatch(/Completed .*Job completed/);
    });
    expect(await k('get pods -l job-name=hello')).toMatch(/hello-\w+ +0\/1 +Completed/);
  });

  it('fail with their reason', async () => {
    await apply(job('broken', { backoffLimit: 0 }, ['false']));
    await k('wait --for=condition=failed job/broken --timeout=120s');
    const reason = '{.status.conditions[?(@.type=="Failed")].reason}';
    expect(await cluster.kubectl('get', 'job', 'broken', '-o', `jsonpath=${reason}`)).toBe('BackoffLimitExceeded');
  });

  it('count every index of many', async () => {
    await apply(job('many', { completions: 30, parallelism: 10, completionMode: 'Indexed' }));
    await k('wait --for=condition=complete job/many --timeout=120s');
    expect(await k('get job many -o jsonpath={.status.completedIndexes}/{.status.succeeded}')).toBe('0-29/30');
  });

  it('wait while they are suspended, and go when their time after the end is over', async () => {
    await apply(job('held', { suspend: true, ttlSecondsAfterFinished: 1 }));
    await k('wait --for=condition=suspended job/held --timeout=120s');
    expect(await k('get pods -l job-name=held -o name')).toBe('');
    await k('patch job held --type=merge -p {"spec":{"suspend":false}}');
    await k('wait --for=delete job/held --timeout=120s');
    await eventually(async () => expect(await k('get pods -l job-name=held -o name')).toBe(''), 30_000);
  });
});

describe('CronJobs through kubectl', () => {
  it('start Jobs, by their schedule and by hand', async () => {
    await apply({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'tick' },
      spec: { schedule: '@every 1s', jobTemplate: { spec: { template: podTemplate(['true']) } } },
    });
    await eventually(async () => {
      expect(await k('get cronjob tick -o jsonpath={.status.lastSuccessfulTime}')).not.toBe('');
    }, 60_000);
    await k('patch cronjob tick --type=merge -p {"spec":{"suspend":true}}');
    await k('create job by-hand --from=cronjob/tick');
    await k('wait --for=condition=complete job/by-hand --timeout=120s');
    const annotations = await k('get job by-hand -o jsonpath={.metadata.annotations}');
    expect(annotations).toContain('"cronjob.kubernetes.io/instantiate":"manual"');
  });
});

it('a Secret that asks for a token of a service account gets one that holds', async () => {
  await k('create serviceaccount robot');
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'robot', annotations: { 'kubernetes.io/service-account.name': 'robot' } },
    type: 'kubernetes.io/service-account-token',
  });
  const token = await eventually(async () => {
    const encoded = await k('get secret robot -o jsonpath={.data.token}');
    expect(encoded).not.toBe('');
    return Buffer.from(encoded, 'base64').toString();
  });
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
  const { stdout } = await cluster.tryKubectl(['create', '-f', '-', '-o', 'json'], { input: JSON.stringify(review) });
  expect(JSON.parse(stdout).status).toMatchObject({
    authenticated: true,
    user: { username: 'system:serviceaccount:default:robot' },
  });
});

it('top tells what nodes and pods use, and an autoscaler goes by it', async () => {
  const env = [
    { name: 'SIM_CPU', value: '200m' },
    { name: 'SIM_MEMORY', value: '64Mi' },
  ];
  const resources = { requests: { cpu: '100m' } };
  await apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'busy' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'busy' } },
      template: {
        metadata: { labels: { app: 'busy' } },
        spec: { containers: [{ name: 'main', image: 'busy', env, resources }] },
      },
    },
  });
  await k('autoscale deployment busy --cpu=50% --min=1 --max=3');
  await eventually(async () => {
    expect(await k('top pods -l app=busy')).toMatch(/NAME +CPU\(cores\) +MEMORY\(bytes\)\s+busy-\S+ +200m +64Mi/);
    expect(await k('top nodes')).toMatch(/^\S+ +\d+m +\d+% +\d+Mi +\d+%/m);
  }, 60_000);
  await eventually(async () => {
    expect(await k('get deployment busy -o jsonpath={.spec.replicas}')).toBe('3');
    expect(await k('get hpa busy')).toMatch(/busy +Deployment\/busy +cpu: 200%\/50% +1 +3 +[13]/);
    expect(await k('describe hpa busy')).toMatch(/SuccessfulRescale .*New size: 3; reason: cpu resource utilization/);
  }, 120_000);
});
