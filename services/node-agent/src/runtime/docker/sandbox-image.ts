import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { accepted } from './calls.ts';
import { type PauseKind, pauseImage } from './pause.ts';

/** The image of the sandbox, imported from bytes that the agent holds itself. Gives back its name. */
export async function provideSandboxImage(
  docker: Docker,
  architecture: string,
  kind: PauseKind = 'waits',
): Promise<string> {
  const { archive, tag } = pauseImage(architecture, kind);
  const name = `kubus-sandbox:${tag}`;
  if ((await accepted(docker.getImage(name).inspect(), 404)) !== undefined) return name;
  const answer = await docker.importImage(Readable.from([archive]), {
    repo: 'kubus-sandbox',
    tag,
    changes: 'ENTRYPOINT ["/pause"]',
  });
  await new Promise<void>((resolve, reject) => {
    answer.resume();
    answer.once('end', resolve);
    answer.once('error', reject);
  });
  return name;
}
