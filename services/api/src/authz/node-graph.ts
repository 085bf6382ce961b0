import type { PodLike, PodReferences } from './pod-references.ts';
import { podReferences } from './pod-references.ts';

export type Referenced = keyof PodReferences;

const kinds: readonly Referenced[] = ['secrets', 'configmaps', 'serviceaccounts', 'persistentvolumeclaims'];

/** Which objects the pods bound to a node refer to, kept up as pods come and go. */
export class NodeGraph {
  /** By node, then by `<kind>/<namespace>/<name>`: how many pods refer to it. */
  readonly #references = new Map<string, Map<string, number>>();

  /** Takes a change of a pod; `undefined` for what is not (or not any more). */
  update(pod: PodLike | undefined, previous: PodLike | undefined): void {
    if (pod !== undefined && previous !== undefined && sameReferences(pod, previous)) return;
    if (previous !== undefined) this.#count(previous, -1);
    if (pod !== undefined) this.#count(pod, 1);
  }

  refers(node: string, kind: Referenced, namespace: string, name: string): boolean {
    return this.#references.get(node)?.has(`${kind}/${namespace}/${name}`) ?? false;
  }

  #count(pod: PodLike, by: 1 | -1): void {
    const node = pod.spec?.nodeName;
    if (node === undefined || node === '') return;
    const counts = this.#references.get(node) ?? new Map<string, number>();
    const references = podReferences(pod);
    for (const kind of kinds) {
      for (const name of references[kind]) bump(counts, `${kind}/${pod.metadata.namespace}/${name}`, by);
    }
    if (counts.size > 0) this.#references.set(node, counts);
    else this.#references.delete(node);
  }
}

/** A bound pod's references never change, but for the ephemeral containers added to it. */
function sameReferences(pod: PodLike, previous: PodLike): boolean {
  return (
    pod.metadata.uid === previous.metadata.uid &&
    pod.spec?.nodeName === previous.spec?.nodeName &&
    pod.spec?.ephemeralContainers?.length === previous.spec?.ephemeralContainers?.length
  );
}

function bump(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
