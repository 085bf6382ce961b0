import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import { accepted } from './calls.ts';
import { label, type NodeScope } from './labels.ts';

/** What an agent makes containers for that are no pod's: to try out the engine, to read the files of an image. */
type Purpose = 'probe' | 'files';

const purposes: readonly Purpose[] = ['probe', 'files'];

const prefix = (purpose: Purpose, { cluster, node }: NodeScope) => `kubus-${purpose}-${cluster}-${node}-`;

/** Name and labels of such a container; it goes with the call that made it, or as a leftover. */
export const ownContainer = (purpose: Purpose, scope: NodeScope): { name: string; Labels: Record<string, string> } => ({
  name: `${prefix(purpose, scope)}${randomUUID()}`,
  Labels: { [label.cluster]: scope.cluster },
});

/** Removes what an agent left that ended meanwhile. Of this node alone: others may be at it on the same engine. */
export async function removeLeftovers(docker: Docker, scope: NodeScope): Promise<void> {
  const filters = { label: [`${label.cluster}=${scope.cluster}`] };
  for (const { Id, Names } of await docker.listContainers({ all: true, filters }))
    if (Names.some((name) => isOwn(name.slice(1), scope)))
      await accepted(docker.getContainer(Id).remove({ force: true, v: true }), 404, 409);
}

/** The end is looked at as well: the name of a node may begin with that of another. */
const isOwn = (name: string, scope: NodeScope): boolean =>
  purposes.some((purpose) => {
    const start = prefix(purpose, scope);
    return name.startsWith(start) && name.length === start.length + randomUUID().length;
  });
