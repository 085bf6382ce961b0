import { readdirSync, readFileSync } from 'node:fs';
import type { GroupVersionResource, KubeObject } from '@kubus/shared/object';
import { expect } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { claims, daemonSets, nodes, pods, revisions, statefulSets, World } from './world.ts';

const resources = new Map<string, GroupVersionResource>([
  ['StatefulSet', statefulSets],
  ['DaemonSet', daemonSets],
  ['ControllerRevision', revisions],
  ['PersistentVolumeClaim', claims],
  ['Pod', pods],
  ['Node', nodes],
]);

export const goldenCases = (folder: URL): string[] => readdirSync(folder).filter((name) => name.endsWith('.in.yaml'));

/** What one controller alone makes of a cluster: objects in, objects that changed and events out. The clock stands at 2026-01-01T00:00:00Z. */
export async function expectGolden(folder: URL, name: string, controller: 'statefulset' | 'daemonset'): Promise<void> {
  const world = new World();
  const before = new Map<string, string>();
  for (const document of parseAllDocuments(readFileSync(new URL(name, folder), 'utf8'))) {
    const object = document.toJS() as KubeObject;
    const resource = resources.get(object.kind);
    if (resource === undefined) throw new Error(`${name} holds a ${object.kind}`);
    before.set(keyOf(object), render(world.cluster.seed(resource, object)));
  }
  await world.start(controller).settle();
  const after = [...resources.values()].flatMap((resource) => world.cluster.get(resource).list());
  const changed = after.filter((object) => before.get(keyOf(object)) !== render(object)).map(render);
  const present = new Set(after.map(keyOf));
  const rest = { gone: [...before.keys()].filter((key) => !present.has(key)), events: world.events };
  const documents = [...changed, stringify(rest, { lineWidth: 0 })];
  await expect(documents.join('---\n')).toMatchFileSnapshot(new URL(name.replace('.in.', '.out.'), folder).pathname);
}

const keyOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.name}`;

/** Revisions and uids are the test cluster's. */
function render(object: KubeObject): string {
  const { resourceVersion: _, uid: __, ...metadata } = object.metadata;
  return stringify({ ...object, metadata }, { lineWidth: 0 });
}
