import { apiVersionOf, type GroupVersionKind, type KubeObject } from '@kubus/shared/object';
import type { ServedResource } from '@kubus/shared/registry';
import { decodeObject } from '@kubus/shared/schema';
import type { AdmissionRequest } from '../contract.ts';

/** Objects between the stored form and the versions that are served. */
export interface ObjectForms {
  /** Must not change the object. */
  toServed(resource: ServedResource, object: KubeObject): KubeObject | Promise<KubeObject>;
  /** Reads what somebody else made of an object: types are checked, what is unknown is dropped, defaults are set. Throws BadRequest. */
  toStored(resource: ServedResource, body: unknown): KubeObject | Promise<KubeObject>;
}

/** A request in one group version: what webhooks and policies are shown. Shared with the request and with caches: never to be changed. */
export interface Shown {
  kind: GroupVersionKind;
  object: KubeObject | undefined;
  old: KubeObject | undefined;
}

/** Shows a request in any version, each made once until the object is replaced. */
export class Versioned {
  readonly request: AdmissionRequest;
  readonly #forms: ObjectForms;
  readonly #shown = new Map<string, Shown>();

  constructor(request: AdmissionRequest, forms: ObjectForms) {
    this.request = request;
    this.#forms = forms;
  }

  async as(resource: ServedResource): Promise<Shown> {
    const known = this.#shown.get(resource.apiVersion);
    if (known !== undefined) return known;
    const shown = await this.#show(resource);
    this.#shown.set(resource.apiVersion, shown);
    return shown;
  }

  async #show(resource: ServedResource): Promise<Shown> {
    const { object, old, view, operation } = this.request;
    const kind = kindOf(this.request, resource);
    if (view !== undefined) return { kind, object: object && view.of(object), old: old && view.of(old) };
    if (ownBody(this.request)) return { kind, object: object && asKind(object, kind), old: undefined };
    const served = async (one: KubeObject | undefined) => one && this.#forms.toServed(resource, one);
    return { kind, object: await served(object), old: operation === 'CREATE' ? undefined : await served(old) };
  }

  /** Puts another object in the place of the request's, as it was shown in `resource`. Throws BadRequest when it cannot be read. */
  async replace(resource: ServedResource, body: unknown): Promise<void> {
    const { request } = this;
    const subresource = request.resource.subresources.get(request.subresource);
    if (request.view !== undefined && subresource !== undefined && request.object !== undefined) {
      request.view.put(request.object, decodeObject(subresource.schema, body).object);
    } else if (ownBody(request)) {
      request.object = decodeObject(subresource?.schema ?? request.resource.served.schema, body).object;
    } else {
      request.object = await this.#forms.toStored(resource, body);
    }
    this.#shown.clear();
  }
}

/** A body of the subresource's own, as opposed to the object or a view of it. */
function ownBody({ resource, subresource }: AdmissionRequest): boolean {
  if (subresource === '') return resource.declaration.strategy === undefined;
  return resource.subresources.get(subresource)?.type !== 'part';
}

export function kindOf(
  { resource: { subresources }, subresource }: AdmissionRequest,
  resource: ServedResource,
): GroupVersionKind {
  const responds = subresources.get(subresource)?.responds;
  if (responds !== undefined && responds.kind !== resource.kind) return responds;
  return { group: resource.group, version: resource.version, kind: resource.kind };
}

function asKind(object: KubeObject, kind: GroupVersionKind): KubeObject {
  return { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind };
}
