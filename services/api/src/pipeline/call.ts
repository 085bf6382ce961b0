import { apiVersionOf, type GroupResource, type ObjectKey } from '@kubus/shared/object';
import type { ServedResource, Strategy, Subresource } from '@kubus/shared/registry';
import { builtinSchema, type StructNode, type Writer } from '@kubus/shared/schema';
import type { Notes } from '../admission/index.ts';
import type { DecodedRequest, RequestContext } from './contract.ts';

/** A request that has been matched to what is served: the resource, perhaps a subresource of it, and the object it names. */
export interface Call {
  request: DecodedRequest;
  context: RequestContext;
  resource: ServedResource;
  subresource: Subresource | undefined;
  /** '' for cluster scope and for all namespaces. */
  namespace: string;
  /** '' for a collection. */
  name: string;
  notes: Notes;
}

/** A call on a kind of which objects are kept. */
export interface StoredCall extends Call {
  strategy: Strategy;
  storage: GroupResource;
}

export function keyOf(call: StoredCall, name: string = call.name): ObjectKey {
  return { group: call.storage.group, resource: call.storage.resource, namespace: call.namespace, name };
}

/** The time after which an operation of the call must not be done. Throws when the client is known to have given up. */
export function untilOf({ context }: Call): number | undefined {
  context.signal.throwIfAborted();
  return context.until;
}

/** Schema type of the form that is stored. */
export function storedSchema(call: StoredCall): string | StructNode {
  return call.resource.declaration.versions[0].schema;
}

/** The object in another version of its kind, for the account of who owns what; nothing for kinds whose versions differ in more than name. */
export function versionsOf({ resource: { served, declaration } }: StoredCall): Pick<Writer, 'versionOf'> {
  if (served.sameForm !== true || declaration.versions.length === 1) return {};
  return {
    versionOf: (object, apiVersion) => {
      const other = declaration.versions.find((version) => apiVersionOf(version) === apiVersion);
      return other && { object: { ...object, apiVersion }, node: builtinSchema.struct(other.schema) };
    },
  };
}

/** Paths that writes of the object itself do not reach, and so do not own. */
export function resetFields(strategy: Strategy): readonly (readonly string[])[] {
  return strategy.hasStatus === true ? statusOnly : nothing;
}

const statusOnly = [['status']] as const;
const nothing: readonly (readonly string[])[] = [];
