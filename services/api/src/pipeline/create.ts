import type { ApiResponse } from '@kubus/shared/bus';
import { invalid } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { validateMetadata } from '@kubus/shared/registry';
import { addAlwaysWritten, builtinSchema, type JsonObject, type StructNode } from '@kubus/shared/schema';
import type { Committed } from '@kubus/shared/store';
import type { Claim } from '../allocation/index.ts';
import { admissionRequest } from './admission.ts';
import { keyOf, resetFields, type StoredCall, storedSchema, untilOf } from './call.ts';
import { commitWithinQuota } from './commit.ts';
import { fromStored, isStoredVersion, toStored } from './convert.ts';
import { decodeBody, expectedKind } from './decode.ts';
import { type Deps, timestamp } from './deps.ts';
import { alreadyExists, badRequest, generateNameConflict } from './errors.ts';
import { type WriteOptions, writeOptions } from './options.ts';
import { asError } from './refusals.ts';
import { checkRules } from './rules.ts';

/** Names tried for a generateName before the client is asked to (KEP-4420). */
const NAME_ATTEMPTS = 8;
/** A generated name is a DNS label: what the suffix leaves of it. */
const MAX_GENERATED_BASE = 58;

export async function create(deps: Deps, call: StoredCall): Promise<ApiResponse> {
  if (call.name !== '') throw badRequest('a name may not be set in the path of a creation');
  const options = writeOptions(call.request.query, call.context.userAgent, 'CreateOptions');
  const { object, warnings } = decodeBody(expectedKind(call.resource), call.request, options.fieldValidation);
  // Whoever says it means another object, which is there already (apiserver/pkg/storage; kubectl takes it away before).
  if (Number(object.metadata.resourceVersion) > 0 && !options.dryRun)
    throw badRequest('resourceVersion should not be set on objects to be created');
  return createDecoded(deps, call, object, options, warnings);
}

/**
 * Creates what has been decoded; also what a PUT or an apply on a free name does. `tracked`: its managedFields say already who owns what.
 */
export async function createDecoded(
  deps: Deps,
  call: StoredCall,
  decoded: KubeObject,
  options: WriteOptions,
  warnings: readonly string[] = [],
  tracked = false,
): Promise<ApiResponse> {
  const sent = await toStored(call.resource, decoded);
  placeInNamespace(sent, call);
  call.strategy.setDefaults?.(sent);
  const now = timestamp(deps.clock.now());
  const owned = tracked ? sent : withOwner(deps, call, sent, options, now);
  const { managedFields } = owned.metadata;
  const admission = admissionRequest(call, {
    operation: 'CREATE',
    subresource: '',
    object: owned,
    dryRun: options.dryRun,
    options: 'CreateOptions',
  });
  admission.name ||= sent.metadata.name ?? '';
  const admitting = deps.admission.admit(admission);
  if (admitting !== undefined) await admitting;
  const object = prepare(deps, call, admission.object as KubeObject, now);
  if (managedFields !== undefined) object.metadata.managedFields = managedFields;
  admission.object = object;
  let former = '';
  for (let attempt = 1; ; attempt++) {
    const generated = nameIt(deps, object);
    call.strategy.named?.(object, former);
    const claim = deps.allocators.get(call.resource.declaration)?.claim(object, undefined, options.dryRun);
    refuseInvalid(call, object);
    const checking = checkRules(deps, call, object, undefined);
    if (checking !== undefined) await checking;
    const validating = deps.admission.validate(admission);
    if (validating !== undefined) await validating;
    const created = await store(deps, call, object, options, claim);
    if (created === 'again') {
      attempt--;
      continue;
    }
    if (created !== undefined) return answer(call, created, warnings);
    if (!generated) throw alreadyExists(call.resource, object.metadata.name);
    if (attempt === NAME_ATTEMPTS) throw generateNameConflict(call.resource, object.metadata.name);
    former = object.metadata.name;
    object.metadata.name = '';
  }
}

async function answer(call: StoredCall, { object, text }: Stored, warnings: readonly string[]): Promise<ApiResponse> {
  const json = text !== undefined && isStoredVersion(call.resource) ? { json: () => text } : {};
  return { code: 201, body: await fromStored(call.resource, object), ...json, ...told(call, object, warnings) };
}

function placeInNamespace(object: KubeObject, call: StoredCall): void {
  const { metadata } = object;
  if (!call.resource.namespaced) return;
  if (!metadata.namespace) metadata.namespace = call.namespace;
  else if (metadata.namespace !== call.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** Its creator owns what he sent, with its defaults; what admission and the server add is nobody's (apiserver/pkg/endpoints/handlers createHandler). */
function withOwner(
  deps: Deps,
  call: StoredCall,
  sent: KubeObject,
  { fieldManager }: WriteOptions,
  now: string,
): KubeObject {
  const writer = { manager: fieldManager, now, resetFields: resetFields(call.strategy) };
  return deps.creations.track(storedSchema(call), sent, writer);
}

/** System fields and the kind's own reset (apiserver/pkg/registry/rest BeforeCreate). */
function prepare(deps: Deps, call: StoredCall, object: KubeObject, now: string): KubeObject {
  const { strategy } = call;
  const { metadata } = object;
  for (const name of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'resourceVersion', 'generation'] as const) {
    delete metadata[name];
  }
  if (strategy.hasStatus === true && strategy.keepsStatusOnCreate !== true) {
    delete (object as { status?: unknown }).status;
    // An empty status is shown, not left out: typed clients rely on its being there.
    addAlwaysWritten(structOf(storedSchema(call)), object as unknown as JsonObject);
  }
  if (strategy.hasGeneration === true) metadata.generation = 1;
  metadata.uid = deps.ids.uid();
  metadata.creationTimestamp = now;
  strategy.prepareForCreate?.(object, { now, user: call.context.user });
  return object;
}

const structOf = (schema: string | StructNode): StructNode =>
  typeof schema === 'string' ? builtinSchema.struct(schema) : schema;

/** Gives a name to an object that asks for one; true when it did. */
function nameIt(deps: Deps, { metadata }: KubeObject): boolean {
  if (metadata.name || !metadata.generateName) return false;
  metadata.name = metadata.generateName.slice(0, MAX_GENERATED_BASE) + deps.ids.suffix();
  return true;
}

function refuseInvalid(call: StoredCall, object: KubeObject): void {
  const { strategy, resource } = call;
  const errors = validateMetadata(object.metadata, resource.namespaced, strategy);
  const all = [...errors, ...(strategy.validate?.(object) ?? []), ...(strategy.validateCreate?.(object) ?? [])];
  if (all.length > 0) throw invalid({ group: resource.group, kind: resource.kind, name: object.metadata.name }, all);
}

type Stored = Pick<Committed, 'object' | 'text'>;

/** Undefined when the name is taken; 'again' when what was chosen for it is. */
async function store(
  deps: Deps,
  call: StoredCall,
  object: KubeObject,
  options: WriteOptions,
  claim: Claim | undefined,
): Promise<Stored | 'again' | undefined> {
  const key = keyOf(call, object.metadata.name);
  if (options.dryRun) {
    await checkQuota(deps, call, object);
    return (await deps.store.get(key)) === undefined ? { object } : undefined;
  }
  const footprint = call.strategy.footprint?.(object);
  const operation = { type: 'create', key, object, until: untilOf(call), ...footprint } as const;
  const result = await commitWithinQuota(deps, call, operation, { companions: claim?.companions });
  if (result.ok) return result;
  const { refusal, companion } = result;
  if (refusal.reason === 'AlreadyExists' && companion === undefined) return undefined;
  if (claim !== undefined) {
    const error = claim.refused(refusal, companion);
    if (error === undefined) return 'again';
    throw error;
  }
  throw asError(call.resource, object.metadata.name, result.refusal);
}

async function checkQuota({ quota }: Deps, { storage, namespace }: StoredCall, object: KubeObject): Promise<void> {
  const request = { resource: storage, subresource: '', namespace, object };
  if (quota.concerns(request)) await quota.check(request);
}

function told(call: StoredCall, object: KubeObject, warnings: readonly string[]): { warnings?: string[] } {
  const all = [...warnings, ...(call.strategy.warnings?.(object, undefined) ?? [])];
  return all.length === 0 ? {} : { warnings: all };
}
