import type { Registry, ServedResource } from '@kubus/shared/registry';
import { builtinSchema, type OpenApiKind } from '@kubus/shared/schema';

/** The registry as the OpenAPI documents describe it. */
export function openApiKinds(registry: Registry): OpenApiKind[] {
  return registry.groupVersions().flatMap(({ resources }) => resources.map(openApiKind));
}

function openApiKind(resource: ServedResource): OpenApiKind {
  const { group, version, kind, namespaced } = resource;
  const subresources = [...resource.subresources.values()];
  return {
    group,
    version,
    kind,
    resource: resource.resource,
    namespaced,
    verbs: [...resource.verbs],
    type: builtinSchema.struct(resource.served.schema),
    // What connects to a node has no body; its options have no kind that a client could send.
    subresources: subresources
      .filter((subresource) => subresource.type !== 'connect')
      .map(({ name, responds, schema, verbs }) => ({
        name,
        gvk: responds,
        type: builtinSchema.struct(schema),
        verbs: [...verbs],
      })),
  };
}
