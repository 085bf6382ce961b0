import type { PodStatus } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildPod, container, type Rig, startRig } from '../../test/rig.ts';
import { SimRuntime } from '../sim/sim-runtime.ts';
import { memoryCheckpoint } from './checkpoint.ts';

let reported: PodStatus[];
let rig: Rig;

beforeEach(async () => {
  reported = [];
  rig = await startRig({
    runtime: new SimRuntime({ startMs: 0, stopMs: 0 }),
    checkpoint: memoryCheckpoint(),
    environment: { report: (_, status) => void reported.push(status) },
  });
});
afterEach(() => rig.stop());

/** The pod's status as it was reported last, as if the API had taken it. */
function accept(name: string): void {
  rig.api.change(name, { ...rig.api.pod(name), status: reported.at(-1) as PodStatus });
}

it('a pod of which something changed that its node has no part in is not reported again, one whose status somebody changed is', async () => {
  rig.api.create(buildPod('ends', { restartPolicy: 'Never', containers: [container('main', 'true')] }));
  await eventually(() => expect(reported.at(-1)?.phase).toBe('Succeeded'));
  accept('ends');
  // What the end of the pod brings with it: its sandbox goes.
  await eventually(async () => {
    accept('ends');
    const before = reported.length;
    await new Promise(setImmediate);
    expect(reported).toHaveLength(before);
  });
  const before = reported.length;
  const pod = rig.api.pod('ends');
  rig.api.change('ends', { ...pod, metadata: { ...pod.metadata, finalizers: ['example.com/held'] } });
  expect(reported).toHaveLength(before);
  rig.api.change('ends', { ...rig.api.pod('ends'), status: { ...pod.status, message: 'not of the node' } });
  expect(reported).toHaveLength(before + 1);
});
