import type { BusStream, NodeStreamRequest } from '@kubus/shared/bus';
import { expect, it } from 'vitest';
import { buildPod, container } from '../../test/rig.ts';
import type { ContainerRecord, Runtime } from '../runtime/contract.ts';
import { serveStream } from './streams.ts';

const containers = ['main', 'ended', 'made', 'absent'].map((name) => container(name, 'run'));
const pod = buildPod('web', { containers });
const records = [
  { container: '', state: 'running', attempt: 0 },
  { container: 'ended', state: 'exited', attempt: 1 },
  { container: 'made', state: 'created', attempt: 0 },
] as ContainerRecord[];

it.each([
  'exec',
  'attach',
] as const)('%s reaches no container that does not run, and says so as kubelet does', async (operation) => {
  const runtime = { containers: async () => records } as Partial<Runtime> as Runtime;
  const refusal = async (name: string) => {
    const request: NodeStreamRequest = {
      operation,
      namespace: 'default',
      pod: 'web',
      uid: 'uid-web',
      options: {},
      container: name,
    };
    return serveStream(request, {} as BusStream, { runtime, pod: () => pod }).catch((error: unknown) => error);
  };
  for (const name of ['ended', 'made', 'absent', 'unknown', '']) {
    const message = `unable to upgrade connection: container not found ("${name}")`;
    expect(await refusal(name)).toMatchObject({
      code: 500,
      message: `Internal error occurred: ${message}`,
      details: { causes: [{ message }] },
    });
  }
});
