import type { OwnerReference } from '@kubus/shared/object';
import type { Pod, PodTemplateSpec } from './types.ts';

/** A pod as a template describes it, with its manager. Without a name the API makes one from `generateName`. */
export function podFromTemplate(
  template: PodTemplateSpec | undefined,
  controllerRef: OwnerReference,
  names: { namespace: string; generateName: string; name?: string },
): Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: names.name ?? '',
      generateName: names.generateName,
      namespace: names.namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerRef],
    },
    spec: template?.spec ?? { containers: [] },
  };
}
