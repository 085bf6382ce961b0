import { afterAll, beforeAll, describe, it } from 'vitest';
import { Kubectl } from './clients/kubectl/case.ts';
import { changing } from './clients/kubectl/changing.ts';
import { creating } from './clients/kubectl/creating.ts';
import { getting } from './clients/kubectl/getting.ts';
import { nodes } from './clients/kubectl/nodes.ts';
import { reading } from './clients/kubectl/reading.ts';
import { type Cluster, startCluster } from './harness/index.ts';

const cases = [...reading, ...getting, ...creating, ...changing, ...nodes];

let cluster: Cluster;
beforeAll(async () => {
  const env = { KUBUS_SIM_START_DELAY: '10ms', KUBUS_SIM_STOP_DELAY: '10ms', KUBUS_METRIC_RESOLUTION: '1s' };
  cluster = await startCluster({ args: ['--runtime', 'sim', '--nodes', '4'], env });
});
afterAll(async () => {
  await cluster?.destroy();
});

// What is tried of a verb is tried with names of its own, so that all may be at it at the same time.
describe.concurrent.each([20, 32, 36])('kubectl 1.%i', (minor) => {
  let k: Kubectl;
  beforeAll(async () => {
    k = await Kubectl.start(cluster, minor);
  });

  it.each(cases.filter(({ since = 0 }) => minor >= since))('can $verb', (verb) => verb.run(k));
});
