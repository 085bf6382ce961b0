import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { Registry } from '@kubus/shared/registry';
import { Notes } from '../admission/index.ts';
import type { Asked, Authenticator, Credentials, UserInfo } from '../authn/index.ts';
import { type Attributes, type Decision, unauthorized } from '../authz/index.ts';
import type { Watch, WatchSink } from '../watchcache/index.ts';
import type { Actions } from './actions/index.ts';
import { admitWhole } from './admission.ts';
import { attributesOf, unresolvedAttributes } from './attributes.ts';
import { type Call, keyOf, type StoredCall } from './call.ts';
import { connectOptions, reads } from './connect-options.ts';
import type { DecodedRequest, ForeignRequest, Pipeline, RequestContext } from './contract.ts';
import { create } from './create.ts';
import { remove, removeCollection } from './delete.ts';
import type { Deps } from './deps.ts';
import { internalError, methodNotAllowed, noSuchResource } from './errors.ts';
import { patch } from './patch.ts';
import { parseProxiedName } from './proxied-name.ts';
import { get, list, readObject } from './read.ts';
import { resolve, stored } from './resolve.ts';
import { scale } from './scale.ts';
import { partUpdate, transform } from './subresources.ts';
import { update } from './update.ts';
import { watch } from './watch.ts';

export interface RequestPipelineOptions {
  deps: Deps;
  authenticator: Authenticator;
  actions: Actions;
  /** Told of failures that are the server's own. */
  onError?(error: unknown, request: ApiRequest): void;
}

type Verb = (deps: Deps, call: StoredCall) => Promise<ApiResponse>;

const verbs: ReadonlyMap<ApiRequest['verb'], Verb> = new Map<ApiRequest['verb'], Verb>([
  ['get', get],
  ['list', list],
  ['create', create],
  ['update', (deps, call) => update(deps, call)],
  ['patch', (deps, call) => patch(deps, call)],
  ['delete', remove],
  ['deletecollection', removeCollection],
]);

/** Authorizes, then carries out. See Pipeline. */
export class RequestPipeline implements Pipeline {
  readonly #deps: Deps;
  readonly #authenticator: Authenticator;
  readonly #actions: Actions;
  readonly #onError: (error: unknown, request: ApiRequest) => void;

  constructor(options: RequestPipelineOptions) {
    this.#deps = options.deps;
    this.#authenticator = options.authenticator;
    this.#actions = options.actions;
    this.#onError = options.onError ?? (() => undefined);
  }

  get registry(): Registry {
    return this.#deps.registry;
  }

  time(): number | undefined {
    return this.#deps.store.now();
  }

  catchUp(): Promise<void> {
    return this.#deps.kinds.catchUp();
  }

  authenticate(credentials: Credentials, onOwn?: (own: UserInfo) => void, asked?: Asked): UserInfo | Promise<UserInfo> {
    return this.#authenticator.authenticate(credentials, onOwn, asked);
  }

  async authorizePath(user: UserInfo, verb: string, path: string): Promise<void> {
    await this.#authorize({ user, verb, path });
  }

  async authorizeForeign(user: UserInfo, asked: ForeignRequest): Promise<void> {
    await this.#authorize(unresolvedAttributes(user, asked));
  }

  async handle(request: DecodedRequest, context: RequestContext): Promise<ApiResponse> {
    const response = await this.#handle(request, context);
    context.audit?.requested(request.body);
    context.audit?.responded(response);
    return response;
  }

  async #handle(request: DecodedRequest, context: RequestContext): Promise<ApiResponse> {
    const notes = new Notes();
    try {
      const found = this.#find(request, context, notes);
      const call = found instanceof Promise ? await found : found;
      const authorizing = this.#authorize(attributesOf(call), context);
      if (authorizing !== undefined) await authorizing;
      const { deprecated } = call.resource.served;
      if (deprecated !== undefined) notes.warn(deprecated);
      return withWarnings(await this.#carryOut(call), notes);
    } catch (error) {
      return withWarnings(this.#failed(error, request, context), notes);
    } finally {
      report(notes, context);
    }
  }

  handleBatch(requests: readonly DecodedRequest[], context: RequestContext): Promise<ApiResponse[]> {
    // They run side by side, and the store takes what they come to at the same time into one commit.
    return Promise.all(requests.map((request) => this.handle(request, context)));
  }

  async watch(request: ApiRequest, context: RequestContext, sink: WatchSink): Promise<Watch> {
    const call = await this.#authorized(request, context);
    if (call.subresource !== undefined) throw methodNotAllowed();
    return watch(this.#deps, call, sink);
  }

  async connect(request: ApiRequest, context: RequestContext, params?: URLSearchParams): Promise<KubeObject> {
    const notes = new Notes();
    try {
      return await this.#connect(request, context, notes, params);
    } finally {
      report(notes, context);
    }
  }

  async #connect(
    request: ApiRequest,
    context: RequestContext,
    notes: Notes,
    params: URLSearchParams | undefined,
  ): Promise<KubeObject> {
    const call = await this.#authorized(request, context, notes);
    if (call.subresource?.type !== 'connect') throw noSuchResource();
    const name = call.subresource.proxied === true ? (parseProxiedName(call.name)?.name ?? call.name) : call.name;
    const object = await readObject(this.#deps, { ...call, name, request: { ...request, query: {} } });
    if (reads(call.subresource)) return object;
    await admitWhole(this.#deps, call, {
      operation: 'CONNECT',
      subresource: call.subresource.name,
      object: connectOptions(call.subresource, params ?? new URLSearchParams(request.query)),
      old: object,
      dryRun: false,
    });
    return object;
  }

  async #authorized(request: ApiRequest, context: RequestContext, notes?: Notes): Promise<StoredCall> {
    const call = await this.#find(request, context, notes);
    await this.#authorize(attributesOf(call), context);
    const kept = stored(call);
    if (kept === undefined) throw methodNotAllowed();
    return kept;
  }

  /** A kind that is not known may have been defined on another replica just now. */
  #find(request: DecodedRequest, context: RequestContext, notes: Notes | undefined): Call | Promise<Call> {
    if (this.registry.resource(request) !== undefined) return this.#resolve(request, context, notes);
    return this.catchUp().then(() => this.#resolve(request, context, notes));
  }

  /** What is not served, or not in this way, is told to those alone who may ask for it. */
  #resolve(request: DecodedRequest, context: RequestContext, notes: Notes | undefined): Call | Promise<Call> {
    try {
      return resolve(this.registry, request, context, notes);
    } catch (error) {
      const authorizing = this.#authorize(unresolvedAttributes(context.user, request), context);
      if (authorizing === undefined) throw error;
      return authorizing.then(() => Promise.reject(error));
    }
  }

  #carryOut(call: Call): Promise<ApiResponse> {
    const kept = stored(call);
    if (kept === undefined) return this.#review(call);
    if (kept.subresource !== undefined) return this.#subresource(kept);
    const verb = verbs.get(call.request.verb);
    if (verb === undefined) throw methodNotAllowed();
    return verb(this.#deps, kept);
  }

  #review(call: Call): Promise<ApiResponse> {
    const action = this.#actions.resources.get(`${call.resource.group}/${call.resource.resource}`);
    if (action === undefined) throw noSuchResource();
    return action(this.#deps, call);
  }

  #subresource(call: StoredCall): Promise<ApiResponse> {
    const { subresource, request } = call;
    switch (subresource?.type) {
      case 'part':
        if (request.verb === 'get') return get(this.#deps, call);
        if (request.verb === 'update') return update(this.#deps, call, partUpdate(subresource.name, subresource));
        return patch(this.#deps, call, partUpdate(subresource.name, subresource));
      case 'scale':
        return scale(this.#deps, call, subresource);
      case 'transform':
        return transform(this.#deps, call, subresource);
      case 'action':
        return this.#act(call, subresource.name);
      default:
        throw methodNotAllowed();
    }
  }

  #act(call: StoredCall, name: string): Promise<ApiResponse> {
    const { group, resource } = keyOf(call);
    const action = this.#actions.subresources.get(`${group}/${resource}/${name}`);
    if (action === undefined) throw noSuchResource();
    return action(this.#deps, call);
  }

  #authorize(attributes: Attributes, context?: RequestContext): void | Promise<void> {
    const decision = this.#deps.authorizer.authorize(attributes);
    if (decision instanceof Promise)
      return decision.then((decided) => refuseUnlessAllowed(attributes, decided, context));
    refuseUnlessAllowed(attributes, decision, context);
  }

  #failed(error: unknown, request: ApiRequest, context: RequestContext): ApiResponse {
    const status = this.#statusOf(error, request, context);
    return { code: status.code, body: status.toStatus() };
  }

  #statusOf(error: unknown, request: ApiRequest, context: RequestContext): StatusError {
    if (error instanceof StatusError) return error;
    if (context.signal.aborted) {
      return new StatusError('Timeout', 'Timeout: request did not complete within the allotted timeout', {});
    }
    this.#onError(error, request);
    return internalError(error);
  }
}

function withWarnings(response: ApiResponse, { warnings }: Notes): ApiResponse {
  return warnings.length === 0 ? response : { ...response, warnings: [...(response.warnings ?? []), ...warnings] };
}

function report({ annotations }: Notes, { audit }: RequestContext): void {
  if (annotations === undefined || audit === undefined) return;
  for (const [key, value] of annotations) audit.annotate(key, value);
}

function refuseUnlessAllowed(attributes: Attributes, decision: Decision, context: RequestContext | undefined): void {
  const failed = !decision.allowed && decision.error !== undefined;
  if (!failed) context?.audit?.annotate('authorization.k8s.io/decision', decision.allowed ? 'allow' : 'forbid');
  if (decision.allowed) return;
  context?.audit?.annotate('authorization.k8s.io/reason', failed ? 'internal error' : decision.reason);
  throw unauthorized(attributes, decision);
}
