import { StatusError } from '../errors/index.ts';
import type { GroupVersionKind, KubeObject } from '../object/index.ts';
import type { ScaleSubresource, Subresource } from '../registry/contract.ts';
import { scaleColumns } from '../registry/scale.ts';
import { keepAllBut, partVerbs } from '../registry/status.ts';
import { getKey, isObject, type JsonObject, setKey } from '../schema/data.ts';
import type { StructNode } from '../schema/node.ts';
import type { DefinitionVersion, ScalePaths } from './definition.ts';

export function subresourcesOf(
  { subresources }: DefinitionVersion,
  responds: GroupVersionKind,
  schema: StructNode,
): Subresource[] {
  const all: Subresource[] = [];
  if (subresources?.status !== undefined) all.push(statusOf(responds, schema));
  if (subresources?.scale !== undefined) all.push(scaleOf(subresources.scale));
  return all;
}

/** Writing the status leaves everything else as it was, metadata but what manages fields too. */
function statusOf(responds: GroupVersionKind, schema: StructNode): Subresource {
  return {
    ...{ name: 'status', responds, schema, verbs: partVerbs, type: 'part' },
    resetFields: [['spec'], ['metadata']],
    rules: {
      prepareForUpdate(object, old) {
        keepAllBut(object, old, 'status');
        const { managedFields, resourceVersion } = object.metadata;
        object.metadata = {
          ...old.metadata,
          ...(managedFields && { managedFields }),
          ...(resourceVersion && { resourceVersion }),
        };
      },
    },
  };
}

function scaleOf({
  specReplicasPath,
  statusReplicasPath,
  labelSelectorPath,
}: ScalePaths): ScaleSubresource & Subresource {
  return {
    name: 'scale',
    responds: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    schema: 'io.k8s.api.autoscaling.v1.Scale',
    verbs: partVerbs,
    type: 'scale',
    table: scaleColumns,
    replicas(object) {
      const spec = valueAt(object, specReplicasPath);
      if (typeof spec !== 'number')
        throw new StatusError(
          'InternalError',
          `Internal error occurred: the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist`,
        );
      const status = valueAt(object, statusReplicasPath);
      const selector = labelSelectorPath === undefined ? undefined : valueAt(object, labelSelectorPath);
      return {
        spec,
        status: typeof status === 'number' ? status : 0,
        selector: typeof selector === 'string' ? selector : '',
      };
    },
    setReplicas: (object, replicas) => putAt(object, specReplicasPath, replicas),
  };
}

const stepsOf = (path: string): string[] => path.split('.').slice(1);

/** The value at a path of names: '.spec.replicas'. */
export function valueAt(object: KubeObject, path: string): unknown {
  return stepsOf(path).reduce<unknown>((part, name) => (isObject(part) ? getKey(part, name) : undefined), object);
}

function putAt(object: KubeObject, path: string, value: unknown): void {
  const steps = stepsOf(path);
  const last = steps.pop() as string;
  let part = object as unknown as JsonObject;
  for (const name of steps) {
    const next = getKey(part, name);
    // The object's own parts are not to be changed: they are shared with what it was made from.
    const copy = isObject(next) ? { ...next } : {};
    setKey(part, name, copy);
    part = copy;
  }
  setKey(part, last, value);
}
