import type { ApiResponse } from '@kubus/shared/bus';
import { type FieldError, invalid, notFound } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { field } from '@kubus/shared/registry';
import {
  type ObjectRef,
  type ServiceAccountTokens,
  serviceAccountIssuer,
  type TokenClaims,
} from '../../authn/index.ts';
import { admitWhole } from '../admission.ts';
import { keyOf, type StoredCall } from '../call.ts';
import { decodeBody } from '../decode.ts';
import type { Deps } from '../deps.ts';
import { conflict } from '../errors.ts';
import { writeOptions } from '../options.ts';
import type { ObjectAction } from './contract.ts';

const MIN_SECONDS = 10 * 60;
const DEFAULT_SECONDS = 60 * 60;

interface TokenRequest extends KubeObject {
  spec?: {
    audiences?: string[];
    expirationSeconds?: number;
    boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string };
  };
}

const expected = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  schema: 'io.k8s.api.authentication.v1.TokenRequest',
};

/** Issues a token for a service account, bound to a pod, secret or node if asked (authentication.k8s.io/v1 TokenRequest, KEP-1205). */
export function tokenAction(tokens: ServiceAccountTokens): ObjectAction {
  return async (deps, call) => {
    const options = writeOptions(call.request.query, call.context.userAgent, 'CreateOptions');
    const { object, warnings } = decodeBody(expected, call.request, options.fieldValidation);
    const request = object as TokenRequest;
    const account = await deps.store.get(keyOf(call));
    if (account === undefined) throw notFound(call.resource, call.name);
    request.metadata.name = call.name;
    request.metadata.namespace = call.namespace;
    request.spec = defaulted(request);
    const admitted = (await admitWhole(deps, call, {
      operation: 'CREATE',
      subresource: 'token',
      object: request,
      old: account,
      dryRun: options.dryRun,
      options: 'CreateOptions',
    })) as TokenRequest;
    const spec = defaulted(admitted);
    refuseInvalid(call, spec);
    const claims: TokenClaims = {
      namespace: call.namespace,
      serviceaccount: { name: call.name, uid: account.metadata.uid as string },
      ...(await boundClaims(deps, call, spec.boundObjectRef)),
    };
    const { expirationSeconds: lifetime, audiences } = spec;
    const now = deps.clock.now();
    const id = deps.ids.uid();
    const { token, expires } = await tokens.issue({ claims, audiences, lifetime, now, id });
    // By it what is done with the token is found in the audit log (KEP-4193).
    call.notes.annotate('authentication.kubernetes.io/issued-credential-id', `JTI=${id}`);
    const status = { token, expirationTimestamp: `${expires.toISOString().slice(0, 19)}Z` };
    const metadata = { ...admitted.metadata, creationTimestamp: `${now.toISOString().slice(0, 19)}Z` };
    const body = { ...admitted, metadata, spec, status };
    return { code: 201, body, ...(warnings.length === 0 ? {} : { warnings: [...warnings] }) } satisfies ApiResponse;
  };
}

type Spec = Required<Pick<NonNullable<TokenRequest['spec']>, 'audiences' | 'expirationSeconds'>> &
  Pick<NonNullable<TokenRequest['spec']>, 'boundObjectRef'>;

function defaulted({ spec = {} }: TokenRequest): Spec {
  const audiences = spec.audiences ?? [];
  return {
    ...spec,
    audiences: audiences.length === 0 ? [serviceAccountIssuer] : audiences,
    expirationSeconds: spec.expirationSeconds ?? DEFAULT_SECONDS,
  };
}

function refuseInvalid(call: StoredCall, spec: Spec): void {
  const path = 'spec.expirationSeconds';
  const errors: FieldError[] = [];
  if (spec.expirationSeconds < MIN_SECONDS) {
    errors.push(field.invalid(path, spec.expirationSeconds, 'may not specify a duration less than 10 minutes'));
  }
  if (spec.expirationSeconds > 2 ** 32) {
    errors.push(field.invalid(path, spec.expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
  }
  if (errors.length > 0) throw invalid({ group: expected.group, kind: expected.kind, name: call.name }, errors);
}

/** What a token may be bound to: the resource, and the claim that names it. */
const bindable: ReadonlyMap<string, { resource: string; claim: 'pod' | 'secret' | 'node'; namespaced: boolean }> =
  new Map([
    ['v1/Pod', { resource: 'pods', claim: 'pod', namespaced: true }],
    ['v1/Secret', { resource: 'secrets', claim: 'secret', namespaced: true }],
    ['v1/Node', { resource: 'nodes', claim: 'node', namespaced: false }],
  ]);

async function boundClaims(
  deps: Deps,
  call: StoredCall,
  ref: Spec['boundObjectRef'],
): Promise<Partial<Record<'pod' | 'secret' | 'node', ObjectRef>>> {
  if (ref === undefined) return {};
  const kind = bindable.get(`${ref.apiVersion}/${ref.kind}`);
  if (kind === undefined) throw unbindable(call, ref);
  const key = {
    group: '',
    resource: kind.resource,
    namespace: kind.namespaced ? call.namespace : '',
    name: ref.name ?? '',
  };
  const bound = await deps.store.get(key);
  if (bound === undefined) throw notFound(key, key.name);
  const uid = bound.metadata.uid as string;
  if (ref.uid && ref.uid !== uid) {
    const why = `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict(key, key.name, why);
  }
  const claims = { [kind.claim]: { name: key.name, uid } };
  return kind.claim === 'pod' ? { ...claims, ...(await nodeOf(deps, bound)) } : claims;
}

/** A token bound to a pod names the pod's node too (KEP-4193). */
async function nodeOf(deps: Deps, pod: KubeObject & { spec?: { nodeName?: string } }): Promise<{ node?: ObjectRef }> {
  const name = pod.spec?.nodeName;
  if (!name) return {};
  const node = await deps.store.get({ group: '', resource: 'nodes', namespace: '', name });
  return node?.metadata.uid === undefined ? {} : { node: { name, uid: node.metadata.uid } };
}

function unbindable(call: StoredCall, ref: NonNullable<Spec['boundObjectRef']>): Error {
  const why = `cannot bind token for serviceaccount to object of type ${ref.apiVersion}/${ref.kind}`;
  const errors = [field.invalid('spec.boundObjectRef', ref, why)];
  return invalid({ group: expected.group, kind: expected.kind, name: call.name }, errors);
}
