import type Docker from 'dockerode';
import { accepted } from './calls.ts';
import type { NodeScope } from './labels.ts';
import { ownContainer } from './own-containers.ts';

/** Whether the engine finds a file at a path of the agent's: it refuses to make a container that binds what is not there. */
export async function engineSees(docker: Docker, image: string, scope: NodeScope, path: string): Promise<boolean> {
  const probe = await accepted(
    docker.createContainer({
      ...ownContainer('probe', scope),
      Image: image,
      HostConfig: { NetworkMode: 'none', Mounts: [{ Type: 'bind', Source: path, Target: '/probe', ReadOnly: true }] },
    }),
    400,
  );
  await probe?.remove({ force: true });
  return probe !== undefined;
}
