import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { expect, it } from 'vitest';
import { FakeApi } from '../../test/fake-api.ts';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { Mortal } from '../../test/mortal.ts';
import { silent, startRig, tempCheckpoint } from '../../test/rig.ts';
import { openCheckpoint } from '../pod/checkpoint.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { openStaticPods, type StaticPods } from './index.ts';

const runtimeCalls = ['createSandbox', 'createContainer', 'start', 'stop', 'remove'] as const;
const manifest = `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: main, image: busybox, imagePullPolicy: IfNotPresent, command: [run]}]
`;

/** One file comes; where `goes`, it is taken away again once its pod runs. The first agent dies at one of its calls, and another one follows. */
async function runWithDeath(dieAt: number, moment: 'before' | 'after', goes: boolean): Promise<boolean> {
  const fake = await FakeDocker.start({ programs: { run: {} } });
  const api = new FakeApi();
  const folder = await tempCheckpoint();
  const dir = await mkdtemp(join(tmpdir(), 'kubus-static-'));
  const mortal = new Mortal(dieAt, moment);
  const agent = async (held: Mortal | undefined) => {
    const runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
    const checkpoint = await openCheckpoint(folder.dir);
    const ofApi = held?.hold(api, ['request']) ?? api;
    let statics: StaticPods | undefined;
    const rig = await startRig({
      ...{ api, runtime: held?.hold(runtime, runtimeCalls) ?? runtime },
      checkpoint: held?.hold(checkpoint, ['save', 'forget']) ?? checkpoint,
      statics: async (pods, report) => {
        statics = await openStaticPods({
          ...{ dir, node: 'n1', pods, api: ofApi, report, log: silent },
          intervalMs: 5,
        });
        await statics.start();
        return statics;
      },
    });
    return { rig, statics };
  };
  const mains = () => [...fake.engine.containers.values()].filter((c) => c.labels['kubus.io/container'] === 'main');
  const runs = () => {
    expect(api.pod('web-n1').status?.phase).toBe('Running');
    expect(mains().map((c) => [c.state, c.starts])).toEqual([['running', 1]]);
  };
  const gone = () => expect([fake.engine.containers.size, api.has('web-n1')]).toEqual([0, false]);
  const file = join(dir, 'web.yaml');
  const first = await agent(mortal);
  const story = (async () => {
    await writeFile(file, manifest);
    await eventually(runs);
    if (!goes) return;
    await rm(file);
    await eventually(gone);
  })();
  const died = await Promise.race([mortal.died.promise.then(() => true), story.then(() => false)]);
  first.rig.kill();
  // One that has died never answers.
  await Promise.race([first.statics?.stop(), mortal.died.promise]);
  const second = await agent(undefined);
  await story;
  await eventually(goes ? gone : runs);
  await second.rig.stop();
  await second.statics?.stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
  await folder.remove();
  await rm(dir, { recursive: true });
  return died;
}

it.each([
  ['before', 'comes', false],
  ['after', 'comes', false],
  ['before', 'comes and goes', true],
  ['after', 'comes and goes', true],
] as const)('when the agent is killed %s any of its calls, a static pod that %s ends as it should', async (moment, _, goes) => {
  let calls = 0;
  while (await runWithDeath(calls, moment, goes)) calls++;
  expect(calls).toBeGreaterThan(4);
});
