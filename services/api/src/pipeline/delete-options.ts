import { type FieldError, StatusError } from '@kubus/shared/errors';
import { field } from '@kubus/shared/registry';
import { booleanParameter, dryRunErrors, parameter, type Query, refuse } from './options.ts';

export type Propagation = 'Foreground' | 'Background' | 'Orphan';

/** meta.k8s.io/v1 DeleteOptions. */
export interface DeleteOptions {
  dryRun: boolean;
  gracePeriodSeconds: number | undefined;
  propagation: Propagation | undefined;
  uid: string | undefined;
  resourceVersion: string | undefined;
}

const policies: readonly string[] = ['Foreground', 'Background', 'Orphan'];

/** From the body when there is one, else from the query. Throws BadRequest or Invalid. */
export function deleteOptions(body: unknown, query: Query): DeleteOptions {
  return body === undefined || body === null ? fromQuery(query) : fromBody(body, query);
}

function fromQuery(query: Query): DeleteOptions {
  const grace = parameter(query, 'gracePeriodSeconds');
  if (grace !== undefined && !/^-?\d{1,15}$/.test(grace)) {
    throw new StatusError('BadRequest', `strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`);
  }
  const dryRun = parameter(query, 'dryRun') ?? '';
  const orphan = booleanParameter(query, 'orphanDependents');
  const policy = parameter(query, 'propagationPolicy');
  refuse('DeleteOptions', [...propagationErrors(orphan, policy), ...dryRunErrors(dryRun)]);
  return {
    dryRun: dryRun !== '',
    gracePeriodSeconds: graceOf(grace === undefined ? undefined : Number(grace)),
    propagation: propagationOf(orphan, policy),
    uid: undefined,
    resourceVersion: undefined,
  };
}

function fromBody(body: unknown, query: Query): DeleteOptions {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw malformed('the body is not an object');
  const { kind, gracePeriodSeconds, orphanDependents, propagationPolicy, dryRun, preconditions } = body as Record<
    string,
    unknown
  >;
  if (kind !== undefined && kind !== '' && kind !== 'DeleteOptions') {
    throw malformed(`expected DeleteOptions, not ${JSON.stringify(kind)}`);
  }
  const { uid, resourceVersion } = (preconditions ?? {}) as Record<string, unknown>;
  const orphan = optional(orphanDependents, 'boolean', 'orphanDependents');
  const policy = optional(propagationPolicy, 'string', 'propagationPolicy');
  const dry = [...listOf(dryRun), ...listOf(parameter(query, 'dryRun') || undefined)];
  refuse('DeleteOptions', [...propagationErrors(orphan, policy), ...dry.flatMap(dryRunErrors)]);
  return {
    dryRun: dry.length > 0,
    gracePeriodSeconds: graceOf(optional(gracePeriodSeconds, 'number', 'gracePeriodSeconds')),
    propagation: propagationOf(orphan, policy),
    uid: optional(uid, 'string', 'preconditions.uid'),
    resourceVersion: optional(resourceVersion, 'string', 'preconditions.resourceVersion'),
  };
}

interface Types {
  boolean: boolean;
  number: number;
  string: string;
}

function optional<K extends keyof Types>(value: unknown, type: K, name: string): Types[K] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== type) throw malformed(`${name} is not a ${type}`);
  return value as Types[K];
}

function listOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((item) => optional(item, 'string', 'dryRun') ?? '');
}

function malformed(why: string): StatusError {
  return new StatusError('BadRequest', `DeleteOptions cannot be read: ${why}`);
}

function propagationErrors(orphan: boolean | undefined, policy: string | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const path = 'propagationPolicy';
  if (orphan !== undefined && policy !== undefined) {
    errors.push(field.invalid(path, policy, 'orphanDependents and deletionPropagation cannot be both set'));
  }
  if (policy !== undefined && !policies.includes(policy)) {
    errors.push(field.notSupported(path, policy, ['Foreground', 'Background', 'Orphan', 'nil']));
  }
  return errors;
}

function propagationOf(orphan: boolean | undefined, policy: string | undefined): Propagation | undefined {
  if (orphan !== undefined) return orphan ? 'Orphan' : 'Background';
  return policy as Propagation | undefined;
}

/** A negative period means at once, but never 0: that would force the deletion (apiserver/pkg/registry/rest/delete.go). */
function graceOf(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds < 0 ? 1 : seconds;
}
