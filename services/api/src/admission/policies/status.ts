import type { ApiRequest } from '@kubus/shared/bus';
import { isConflict, isNotFound, type Status, StatusError } from '@kubus/shared/errors';
import type { Registry } from '@kubus/shared/registry';
import { apiserver } from '../../authn/index.ts';
import type { Pipeline } from '../../pipeline/contract.ts';
import { LiveView } from '../../storage/index.ts';
import type { WatchCaches } from '../../watchcache/index.ts';
import type { Policy, ValidatingPolicySpec } from './contract.ts';
import { typeWarnings } from './type-check.ts';

const policies = { group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicies' };
const RETRY_MS = 1000;

interface PolicyWithStatus extends Policy<ValidatingPolicySpec> {
  status?: { observedGeneration?: number };
}

export interface PolicyStatusOptions {
  caches: WatchCaches;
  pipeline: Pick<Pipeline, 'handle'>;
  registry: () => Registry;
  onError(error: unknown, name: string): void;
}

/**
 * Says of each ValidatingAdmissionPolicy which generation has been checked and what is doubtful about its expressions. Every replica does, all
 * with the same outcome; the write insists on the revision that was checked.
 */
export class PolicyStatus {
  readonly #options: PolicyStatusOptions;
  readonly #view: LiveView<PolicyWithStatus>;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: PolicyStatusOptions) {
    this.#options = options;
    this.#view = new LiveView(options.caches, policies, { onChange: (policy) => this.#add(policy) });
  }

  start(): Promise<void> {
    return this.#view.start();
  }

  stop(): void {
    this.#view.stop();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #add(policy: PolicyWithStatus | undefined): void {
    if (policy === undefined || isChecked(policy)) return;
    this.#write(policy).catch((error: unknown) => {
      if (isConflict(error) || isNotFound(error)) return;
      this.#options.onError(error, policy.metadata.name);
      this.#again(policy.metadata.name);
    });
  }

  #again(name: string): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#add(this.#view.get('', name));
    }, RETRY_MS);
    this.#timers.add(timer.unref());
  }

  async #write(policy: PolicyWithStatus): Promise<void> {
    const { metadata, spec = {}, status } = policy;
    const expressionWarnings = typeWarnings(spec, this.#options.registry());
    const typeChecking = expressionWarnings.length === 0 ? {} : { expressionWarnings };
    const body = { ...policy, status: { ...status, observedGeneration: metadata.generation, typeChecking } };
    const at = { ...policies, version: 'v1', name: metadata.name, subresource: 'status' };
    const request: ApiRequest = {
      ...at,
      verb: 'update',
      body,
      query: { fieldManager: 'validatingadmissionpolicy-status' },
    };
    const context = { user: apiserver, userAgent: 'kube-apiserver', signal: new AbortController().signal };
    const answer = await this.#options.pipeline.handle(request, context);
    if (answer.code >= 300) throw StatusError.from(answer.body as Status);
  }
}

function isChecked({ metadata, status }: PolicyWithStatus): boolean {
  return metadata.deletionTimestamp !== undefined || status?.observedGeneration === metadata.generation;
}
