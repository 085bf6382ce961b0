import type { GroupResource } from '@kubus/shared/object';
import type { ResolveService } from '../outbound/index.ts';
import { LiveView } from '../storage/index.ts';
import type { WatchCaches } from '../watchcache/index.ts';
import type { AdmissionPlugin } from './contract.ts';
import type { EquivalentsOf } from './matching/match.ts';
import type { NamespaceOf } from './matching/selectors.ts';
import type { ObjectForms } from './matching/versioned.ts';
import {
  Caller,
  Configurations,
  MutatingWebhooks,
  Selection,
  ValidatingWebhooks,
  type WebhookConfiguration,
} from './webhooks/index.ts';

export interface DynamicAdmissionOptions {
  caches: WatchCaches;
  namespaces: NamespaceOf;
  equivalents: EquivalentsOf;
  forms: ObjectForms;
  resolveService: ResolveService;
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
  const selection = new Selection({ namespaces, equivalents, conditions: async () => true });
  const [mutating, validating] = views.map((each) => {
    const configurations = new Configurations(each);
    return { configurations, selection, forms, caller: new Caller(configurations, options.resolveService) };
  }) as [WebhookParts, WebhookParts];
  return {
    mutating: [new MutatingWebhooks(mutating)],
    validating: [new ValidatingWebhooks(validating)],
    start: async () => void (await Promise.all(views.map((each) => each.start()))),
    stop: () => {
      for (const each of views) each.stop();
      for (const { configurations } of [mutating, validating]) configurations.stop();
    },
  };
}

type WebhookParts = ConstructorParameters<typeof MutatingWebhooks>[0];
