import type { Authorizer } from '../../authz/index.ts';
import type { PluginConfigurations } from '../configuration.ts';
import type { AdmissionPlugin } from '../contract.ts';
import { alwaysAdmit, alwaysDeny } from './always.ts';
import { alwaysPullImages } from './always-pull-images.ts';
import { EventRateLimit } from './event-rate-limit.ts';
import { extendedResourceToleration } from './extended-resource-toleration.ts';
import { ImagePolicyWebhook } from './image-policy-webhook.ts';
import { limitPodHardAntiAffinityTopology } from './limit-hard-anti-affinity.ts';
import { type CreateNamespace, NamespaceAutoProvision, NamespaceExists, type NamespaceNamed } from './namespaces.ts';
import { OwnerReferencesPermissionEnforcement, type ResourceOfKind } from './owner-references.ts';
import { PodNodeSelector } from './pod-node-selector.ts';
import { PodTolerationRestriction } from './pod-toleration-restriction.ts';
import { denyServiceExternalIPs } from './service-external-ips.ts';

/** Those that are asked before any other plugin of the server: the others find the namespace that one of them makes. */
const first = ['AlwaysAdmit', 'NamespaceAutoProvision'] as const;
const usual = [
  'NamespaceExists',
  'LimitPodHardAntiAffinityTopology',
  'AlwaysPullImages',
  'ImagePolicyWebhook',
  'PodNodeSelector',
  'PodTolerationRestriction',
  'EventRateLimit',
  'ExtendedResourceToleration',
  'OwnerReferencesPermissionEnforcement',
  'DenyServiceExternalIPs',
] as const;
/** Those that are asked when everybody else has had a say, policies and webhooks too. */
const last = ['AlwaysDeny'] as const;

/** Plugins that a cluster has only when it is told so (kube-apiserver's --enable-admission-plugins), in the order in which they are asked. */
export const optionalPlugins = [...first, ...usual, ...last] as const;
export type OptionalPlugin = (typeof optionalPlugins)[number];

export interface OptionalPluginParts {
  authorizer: Authorizer;
  resourceOf: ResourceOfKind;
  namespaceNamed: NamespaceNamed;
  createNamespace: CreateNamespace;
  configurations: PluginConfigurations;
}

/** By their place among all plugins. */
export type PlacedPlugins = Readonly<Record<'first' | 'usual' | 'last', readonly AdmissionPlugin[]>>;

export function madeOptional(enabled: readonly OptionalPlugin[], parts: OptionalPluginParts): PlacedPlugins {
  const { authorizer, resourceOf, namespaceNamed, createNamespace, configurations } = parts;
  const made: Readonly<Record<OptionalPlugin, () => AdmissionPlugin>> = {
    AlwaysAdmit: () => alwaysAdmit,
    NamespaceAutoProvision: () => new NamespaceAutoProvision(namespaceNamed, createNamespace),
    NamespaceExists: () => new NamespaceExists(namespaceNamed),
    LimitPodHardAntiAffinityTopology: () => limitPodHardAntiAffinityTopology,
    AlwaysPullImages: () => alwaysPullImages,
    ImagePolicyWebhook: () => new ImagePolicyWebhook(configured(configurations, 'ImagePolicyWebhook')),
    PodNodeSelector: () => new PodNodeSelector(namespaceNamed, configurations.PodNodeSelector),
    PodTolerationRestriction: () =>
      new PodTolerationRestriction(namespaceNamed, configurations.PodTolerationRestriction),
    EventRateLimit: () => new EventRateLimit(configured(configurations, 'EventRateLimit')),
    ExtendedResourceToleration: () => extendedResourceToleration,
    OwnerReferencesPermissionEnforcement: () => new OwnerReferencesPermissionEnforcement(authorizer, resourceOf),
    DenyServiceExternalIPs: () => denyServiceExternalIPs,
    AlwaysDeny: () => alwaysDeny,
  };
  const of = (names: readonly OptionalPlugin[]) =>
    names.filter((name) => enabled.includes(name)).map((name) => made[name]());
  return { first: of(first), usual: of(usual), last: of(last) };
}

/** What a plugin cannot do without. */
function configured<K extends keyof PluginConfigurations>(all: PluginConfigurations, name: K) {
  const own = all[name];
  if (own === undefined) throw new Error(`the admission plugin ${name} needs a configuration`);
  return own;
}
