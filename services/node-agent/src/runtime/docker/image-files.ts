import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { accepted } from './calls.ts';
import { label, type NodeScope } from './labels.ts';

/** Names the container of an archive that is being read. */
const prefix = ({ cluster, node }: NodeScope) => `kubus-files-${cluster}-${node}-`;

/** What an agent left that ended while it read an archive. */
export async function removeImageFiles(docker: Docker, scope: NodeScope): Promise<void> {
  const filters = { label: [`${label.cluster}=${scope.cluster}`] };
  for (const { Id, Names } of await docker.listContainers({ all: true, filters }))
    if (Names.some((name) => name.startsWith(`/${prefix(scope)}`)))
      await accepted(docker.getContainer(Id).remove({ force: true, v: true }), 404, 409);
}

/** The files of an image as a tar archive: those of a container that is made of it and never starts. It goes when the archive has been read. */
export async function openImageFiles(docker: Docker, image: string, scope: NodeScope): Promise<Readable> {
  const container = await docker.createContainer({
    name: `${prefix(scope)}${randomUUID()}`,
    Image: image,
    // Images of files alone name no command, and without one the engine makes no container.
    Cmd: ['/'],
    Labels: { [label.cluster]: scope.cluster },
    HostConfig: { NetworkMode: 'none' },
  });
  const remove = () => container.remove({ force: true, v: true }).catch(() => undefined);
  try {
    const archive = (await container.export()) as Readable;
    archive.once('close', () => void remove());
    return archive;
  } catch (error) {
    await remove();
    throw error;
  }
}
