import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@kubus/shared/schema';
import { parseYaml } from '@kubus/shared/yaml';

/** What marks a static pod, and the pod that stands for it in the API. */
export const annotation = {
  hash: 'kubernetes.io/config.hash',
  mirror: 'kubernetes.io/config.mirror',
  seen: 'kubernetes.io/config.seen',
  source: 'kubernetes.io/config.source',
} as const;

/** By its uid: those that the API gives have another form, so that nobody can pass a pod off as one of the node's own. */
export const isStatic = ({ metadata }: Pod): boolean => /^[0-9a-f]{32}$/.test(metadata.uid ?? '');

export interface Manifests {
  /** By uid. */
  pods: Map<string, Pod>;
  /** Files that hold no pod that can be run, and why. */
  problems: Map<string, string>;
}

/** The pods of a folder, one a file (Kubernetes: "Create static Pods"); none when there is no folder. */
export async function readManifests(dir: string, node: string, complete: (pod: Pod) => void): Promise<Manifests> {
  const found: Manifests = { pods: new Map(), problems: new Map() };
  const files = (await readdir(dir).catch(() => [])).filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name)).sort();
  for (const file of files) {
    try {
      const path = join(dir, file);
      const text = await readFile(path, 'utf8');
      const pod = staticPod(text, { node, path, seen: (await stat(path)).mtime.toISOString() });
      complete(pod);
      found.pods.set(pod.metadata.uid ?? '', pod);
    } catch (error) {
      found.problems.set(file, error instanceof Error ? error.message : String(error));
    }
  }
  return found;
}

/** A pod as it is in its file, with what makes it this node's: the same text is the same pod, another text is another. */
function staticPod(text: string, { node, path, seen }: { node: string; path: string; seen: string }): Pod {
  const [document, ...others] = parseYaml(text);
  if (document === undefined || others.length > 0) throw new Error('a file holds one pod');
  if ('error' in document) throw new Error(document.error);
  const given = document.value as Partial<Pod> | null;
  if (given?.kind !== 'Pod' || given.apiVersion !== 'v1' || given.metadata?.name === undefined)
    throw new Error('not a v1 Pod with a name');
  if (given.spec === undefined || (given.spec.containers ?? []).length === 0)
    throw new Error('a pod without containers');
  const uid = createHash('md5').update(`${node}\n${path}\n${text}`).digest('hex');
  const { metadata, spec } = given;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: `${metadata.name}-${node.toLowerCase()}`,
      namespace: metadata.namespace ?? 'default',
      uid,
      annotations: {
        ...metadata.annotations,
        [annotation.hash]: uid,
        [annotation.seen]: seen,
        [annotation.source]: 'file',
      },
    },
    spec: {
      ...spec,
      nodeName: node,
      // Nothing takes it off its node.
      tolerations: [...(spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
    },
  };
}
