import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import { accepted } from './calls.ts';
import { label, type NodeScope } from './labels.ts';

/** Whether the engine finds a file at a path of the agent's: it refuses to make a container that binds what is not there. */
export async function engineSees(docker: Docker, image: string, scope: NodeScope, path: string): Promise<boolean> {
  const probe = await accepted(
    docker.createContainer({
      name: `kubus-probe-${randomUUID()}`,
      Image: image,
      Labels: { [label.cluster]: scope.cluster },
      HostConfig: { NetworkMode: 'none', Mounts: [{ Type: 'bind', Source: path, Target: '/probe', ReadOnly: true }] },
    }),
    400,
  );
  await probe?.remove({ force: true });
  return probe !== undefined;
}
