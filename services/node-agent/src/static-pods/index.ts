import type { Pod } from '@kubus/shared/schema';
import { readManifests } from './manifests.ts';
import { StaticPods, type StaticPodsOptions } from './static-pods.ts';

export { StaticPods } from './static-pods.ts';

/** Static pods of a folder; they get the API's defaults, and what the API would refuse is not run. */
export async function openStaticPods(options: Omit<StaticPodsOptions, 'read'> & { dir: string }): Promise<StaticPods> {
  // Only nodes with such a folder carry the declarations of all kinds.
  const { builtinKinds, validateMetadata } = await import('@kubus/shared/registry');
  const strategy = builtinKinds.find(({ kind }) => kind === 'Pod')?.strategy;
  const complete = (pod: Pod) => {
    strategy?.setDefaults?.(pod);
    const errors = [...validateMetadata(pod.metadata, true, strategy), ...(strategy?.validate?.(pod) ?? [])];
    if (errors.length > 0) throw new Error(errors.map(({ field, detail }) => `${field}: ${detail}`).join('; '));
  };
  return new StaticPods({ ...options, read: () => readManifests(options.dir, options.node, complete) });
}
