import type Docker from 'dockerode';
import type { NodeScope } from './labels.ts';
import { ownContainer } from './own-containers.ts';

/** What sandboxes ask for (kubelet: oom_score_adj of the pod sandbox). */
export const sandboxOomScoreAdj = -998;

/**
 * The lowest oom_score_adj that this engine can give: below its own value the kernel wants CAP_SYS_RESOURCE, which an engine in a container or a user
 * namespace may not have. Found out by starting one container.
 */
export async function lowestOomScoreAdj(docker: Docker, image: string, scope: NodeScope): Promise<number> {
  const probe = await docker.createContainer({
    ...ownContainer('probe', scope),
    Image: image,
    HostConfig: { NetworkMode: 'none', OomScoreAdj: sandboxOomScoreAdj, LogConfig: { Type: 'none', Config: {} } },
  });
  try {
    await probe.start();
    return sandboxOomScoreAdj;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === undefined) throw error;
    return 0;
  } finally {
    await probe.remove({ force: true });
  }
}
