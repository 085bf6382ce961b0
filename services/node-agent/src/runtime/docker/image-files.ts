import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { NodeScope } from './labels.ts';
import { ownContainer } from './own-containers.ts';

/** The files of an image as a tar archive: those of a container that is made of it and never starts. It goes when the archive has been read. */
export async function openImageFiles(docker: Docker, image: string, scope: NodeScope): Promise<Readable> {
  const container = await docker.createContainer({
    ...ownContainer('files', scope),
    Image: image,
    // Images of files alone name no command, and without one the engine makes no container.
    Cmd: ['/'],
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
