import type { Registry, ServedResource, Subresource } from '@kubus/shared/registry';
import { Notes } from '../admission/index.ts';
import type { Call, StoredCall } from './call.ts';
import type { DecodedRequest, RequestContext } from './contract.ts';
import { badRequest, methodNotAllowed, noSuchResource } from './errors.ts';

/** Finds what a request is about. Throws NotFound for what is not served, MethodNotAllowed for verbs it does not have. */
export function resolve(
  registry: Registry,
  request: DecodedRequest,
  context: RequestContext,
  notes: Notes = new Notes(),
): Call {
  const resource = registry.resource(request);
  if (resource === undefined) throw noSuchResource();
  const subresource = subresourceOf(resource, request.subresource ?? '');
  const verbs = subresource?.verbs ?? resource.verbs;
  if (!has(verbs, request.verb)) throw methodNotAllowed();
  const call: Call = { request, context, resource, subresource, namespace: '', name: request.name ?? '', notes };
  call.namespace = namespaceOf(call);
  checkPath(call);
  return call;
}

const collectionVerbs: ReadonlySet<string> = new Set(['list', 'watch', 'create', 'deletecollection']);

/** A collection is not updated as a whole, and an object is not created under its own name (apiserver/pkg/endpoints/installer.go has no such routes). */
function checkPath({ name, request, subresource }: Call): void {
  if (request.verb === 'create' && name !== '' && subresource === undefined) throw methodNotAllowed();
  if (name !== '' || collectionVerbs.has(request.verb)) return;
  throw request.verb === 'update' || request.verb === 'patch' ? methodNotAllowed() : badRequest('name is required');
}

function subresourceOf(resource: ServedResource, name: string): Subresource | undefined {
  if (name === '') return undefined;
  const subresource = resource.subresources.get(name);
  if (subresource === undefined) throw noSuchResource();
  return subresource;
}

function has<T>(verbs: ReadonlySet<T> | readonly T[], verb: T): boolean {
  return verbs instanceof Set ? verbs.has(verb) : (verbs as readonly T[]).includes(verb);
}

/** A cluster-scoped resource has no namespace, whatever the path says; a namespaced one needs one for everything but reading all. */
function namespaceOf({ request, resource, subresource }: Call): string {
  const namespace = request.namespace ?? '';
  if (!resource.namespaced) {
    // Kubernetes' URL grammar gives a namespace its own name as its namespace.
    if (namespace !== '' && namespace !== request.name) throw noSuchResource();
    return '';
  }
  const acrossAll = subresource === undefined && (request.verb === 'list' || request.verb === 'watch');
  // All namespaces together are read and nothing else; an object outside of any has no path.
  if (namespace === '' && !acrossAll) throw (request.name ?? '') === '' ? methodNotAllowed() : noSuchResource();
  return namespace;
}

/** A call on what is kept in the store; undefined for kinds that are not. */
export function stored(call: Call): StoredCall | undefined {
  const { strategy } = call.resource.declaration;
  if (strategy === undefined) return undefined;
  return { ...call, strategy, storage: call.resource.storage };
}
