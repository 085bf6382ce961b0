import type { ApiResponse } from '@kubus/shared/bus';
import { invalid, notFound } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { field, type ScaleSubresource, type Subresource } from '@kubus/shared/registry';
import { patchObject } from '@kubus/shared/schema';
import type { View } from '../admission/index.ts';
import type { StoredCall } from './call.ts';
import { asKind, decodeBody } from './decode.ts';
import type { Deps } from './deps.ts';
import { badRequest } from './errors.ts';
import { type WriteOptions, writeOptions } from './options.ts';
import { mediaTypeOf } from './patch.ts';
import { readObject } from './read.ts';
import { updateObject } from './update-object.ts';
import { lockOn, mainUpdate } from './update-spec.ts';

interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status: { replicas: number; selector?: string };
}

type Declared = ScaleSubresource & Subresource;

/** autoscaling/v1 Scale: reads and writes the replica count of an object whatever its kind (KEP: scale subresource). */
export async function scale(deps: Deps, call: StoredCall, declared: Declared): Promise<ApiResponse> {
  if (call.request.verb === 'get') return { code: 200, body: scaleOf(await readObject(deps, call), declared) };
  return call.request.verb === 'update' ? putScale(deps, call, declared) : patchScale(deps, call, declared);
}

function scaleOf(object: KubeObject, declared: Declared): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const { spec, status, selector } = declared.replicas(object);
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject['metadata'];
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata,
    spec: { replicas: spec },
    status: { replicas: status, ...(selector === '' ? {} : { selector }) },
  };
}

const expected = (declared: Declared) => ({ ...declared.responds, schema: declared.schema });

async function putScale(deps: Deps, call: StoredCall, declared: Declared): Promise<ApiResponse> {
  const options = writeOptions(call.request.query, call.context.userAgent, 'UpdateOptions');
  const { object, warnings } = decodeBody(expected(declared), call.request, options.fieldValidation);
  return write(deps, call, declared, options, warnings, () => object as Scale);
}

async function patchScale(deps: Deps, call: StoredCall, declared: Declared): Promise<ApiResponse> {
  const { request } = call;
  const sent = mediaTypeOf(request);
  const applied = sent === 'application/apply-patch+yaml';
  const options = writeOptions(request.query, call.context.userAgent, 'PatchOptions', applied);
  // A Scale has no lists: to apply one comes to the same as to merge it.
  const patch = { contentType: applied ? 'application/merge-patch+json' : sent, body: request.body };
  return write(deps, call, declared, options, [], (old) => {
    const { object } = patchObject<KubeObject>(declared.schema, scaleOf(old, declared), patch, {
      fieldValidation: options.fieldValidation,
      ...(request.strictErrors === undefined ? {} : { strictErrors: request.strictErrors }),
    });
    return asKind(object, declared.responds) as Scale;
  });
}

async function write(
  deps: Deps,
  call: StoredCall,
  declared: Declared,
  options: WriteOptions,
  warnings: readonly string[],
  produce: (old: KubeObject) => Scale,
): Promise<ApiResponse> {
  const view: View = {
    of: (object) => scaleOf(object, declared),
    put: (object, seen) => declared.setReplicas(object, (seen as Scale).spec?.replicas ?? 0),
  };
  const spec = { ...mainUpdate(call), subresource: declared.name, view };
  const updated = await updateObject(deps, call, spec, options, {
    produce: (old) => {
      const wanted = produce(old);
      check(call, wanted);
      const object = structuredClone(old);
      declared.setReplicas(object, wanted.spec?.replicas ?? 0);
      if (wanted.metadata.uid) object.metadata.uid = wanted.metadata.uid;
      return { object, lock: lockOn(wanted.metadata.resourceVersion) };
    },
  });
  if (updated === undefined) throw notFound(call.resource, call.name);
  return {
    code: 200,
    body: scaleOf(updated.object, declared),
    ...(warnings.length === 0 ? {} : { warnings: [...warnings] }),
  };
}

function check(call: StoredCall, { metadata, spec }: Scale): void {
  if (metadata.name !== call.name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${call.name})`);
  }
  const replicas = spec?.replicas ?? 0;
  if (replicas >= 0) return;
  const errors = [field.invalid('spec.replicas', replicas, 'must be greater than or equal to 0')];
  throw invalid({ group: 'autoscaling', kind: 'Scale', name: call.name }, errors);
}
