import type Docker from 'dockerode';
import type { NodeImage } from '../contract.ts';

/** kubelet: nodeStatusMaxImages. */
const mostImages = 50;

/** The largest images of the engine, as a Node lists them; those without a name are left out. */
export async function listImages(docker: Pick<Docker, 'listImages'>): Promise<NodeImage[]> {
  const named = (list: readonly string[] | null) => (list ?? []).filter((name) => !name.startsWith('<none>'));
  const found = await docker.listImages();
  return found
    .map(({ RepoDigests, RepoTags, Size }) => ({
      names: [...named(RepoDigests ?? null), ...named(RepoTags ?? null)].sort(),
      sizeBytes: Size,
    }))
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes || ((a.names[0] ?? '') < (b.names[0] ?? '') ? -1 : 1))
    .slice(0, mostImages);
}
