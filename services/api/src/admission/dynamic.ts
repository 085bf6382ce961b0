import type { GroupResource, KubeObject } from '@kubus/shared/object';
import type { Registry } from '@kubus/shared/registry';
import type { Authorizer } from '../authz/index.ts';
import type { ResolveService } from '../outbound/index.ts';
import { LiveView } from '../storage/index.ts';
import type { WatchCaches } from '../watchcache/index.ts';
import type { AdmissionPlugin } from './contract.ts';
import type { EquivalentsOf } from './matching/match.ts';
import type { NamespaceOf } from './matching/selectors.ts';
import type { ObjectForms } from './matching/versioned.ts';
import {
  type Binding,
  cachedParams,
  Hooks,
  MutatingPolicies,
  type MutatingPolicySpec,
  MutatingProgram,
  type Policy,
  type PolicyOptions,
  ValidatingPolicies,
  type ValidatingPolicySpec,
  Validator,
} from './policies/index.ts';
import {
  Caller,
  Configurations,
  MutatingWebhooks,
  Selection,
  ValidatingWebhooks,
  type WebhookConfiguration,
  webhookConditions,
} from './webhooks/index.ts';

export interface DynamicAdmissionOptions {
  caches: WatchCaches;
  namespaces: NamespaceOf;
  equivalents: EquivalentsOf;
  forms: ObjectForms;
  resolveService: ResolveService;
  registry: () => Registry;
  authorizer: Authorizer;
}

/** Admission that objects of the cluster configure. */
export interface DynamicAdmission {
  /** After the mutating plugins of the server. */
  mutating: readonly AdmissionPlugin[];
  /** After its validating ones. */
  validating: readonly AdmissionPlugin[];
  /** Resolves when every configuration is known. */
  start(): Promise<void>;
  stop(): void;
}

const group = 'admissionregistration.k8s.io';
const resourceOf = (resource: string): GroupResource => ({ group, resource });

export function dynamicAdmission(options: DynamicAdmissionOptions): DynamicAdmission {
  const { caches, forms, namespaces, equivalents } = options;
  const view = (resource: string) => new LiveView<WebhookConfiguration>(caches, resourceOf(resource));
  const views = [view('mutatingwebhookconfigurations'), view('validatingwebhookconfigurations')] as const;
  const conditions = webhookConditions(options.authorizer, namespaces);
  const selection = new Selection({ namespaces, equivalents, conditions });
  const [mutating, validating] = views.map((each) => {
    const configurations = new Configurations(each);
    return { configurations, selection, forms, caller: new Caller(configurations, options.resolveService) };
  }) as [WebhookParts, WebhookParts];
  const policies = policyPlugins(options);
  const all = [...views, ...policies.views];
  return {
    mutating: [policies.mutating, new MutatingWebhooks(mutating)],
    validating: [policies.validating, new ValidatingWebhooks(validating)],
    start: async () => void (await Promise.all(all.map((each) => each.start()))),
    stop: () => {
      for (const each of all) each.stop();
      for (const { configurations } of [mutating, validating]) configurations.stop();
    },
  };
}

function policyPlugins(options: DynamicAdmissionOptions) {
  const view = <T extends KubeObject>(resource: string) => new LiveView<T>(options.caches, resourceOf(resource));
  const validatingPolicies = view<Policy<ValidatingPolicySpec>>('validatingadmissionpolicies');
  const validatingBindings = view<Binding>('validatingadmissionpolicybindings');
  const mutatingPolicies = view<Policy<MutatingPolicySpec>>('mutatingadmissionpolicies');
  const mutatingBindings = view<Binding>('mutatingadmissionpolicybindings');
  const parts: PolicyOptions = {
    ...options,
    params: cachedParams(options.caches, (resource, object) => options.forms.toServed(resource, object)),
  };
  const validators = new Hooks(validatingPolicies, validatingBindings, (spec) => new Validator(spec));
  const mutators = new Hooks(mutatingPolicies, mutatingBindings, (spec) => new MutatingProgram(spec));
  return {
    views: [validatingPolicies, validatingBindings, mutatingPolicies, mutatingBindings],
    validating: new ValidatingPolicies(validators, parts),
    mutating: new MutatingPolicies(mutators, parts),
  };
}

type WebhookParts = ConstructorParameters<typeof MutatingWebhooks>[0];
