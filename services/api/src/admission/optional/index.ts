import type { KubeObject } from '@kubus/shared/object';
import type { Authorizer } from '../../authz/index.ts';
import type { PluginConfigurations } from '../configuration.ts';
import type { AdmissionPlugin } from '../contract.ts';
import { alwaysPullImages } from './always-pull-images.ts';
import { EventRateLimit } from './event-rate-limit.ts';
import { extendedResourceToleration } from './extended-resource-toleration.ts';
import { ImagePolicyWebhook } from './image-policy-webhook.ts';
import { limitPodHardAntiAffinityTopology } from './limit-hard-anti-affinity.ts';
import { OwnerReferencesPermissionEnforcement, type ResourceOfKind } from './owner-references.ts';
import { PodNodeSelector } from './pod-node-selector.ts';
import { PodTolerationRestriction } from './pod-toleration-restriction.ts';
import { denyServiceExternalIPs } from './service-external-ips.ts';

/** Plugins that a cluster has only when it is told so (kube-apiserver's --enable-admission-plugins), in the order in which they are asked. */
export const optionalPlugins = [
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
export type OptionalPlugin = (typeof optionalPlugins)[number];

/** A namespace that is there; throws where there is none. */
export type NamespaceNamed = (name: string) => KubeObject | Promise<KubeObject>;

export interface OptionalPluginParts {
  authorizer: Authorizer;
  resourceOf: ResourceOfKind;
  namespaceNamed: NamespaceNamed;
  configurations: PluginConfigurations;
}

export function madeOptional(enabled: readonly OptionalPlugin[], parts: OptionalPluginParts): AdmissionPlugin[] {
  const { authorizer, resourceOf, namespaceNamed, configurations } = parts;
  const made: Readonly<Record<OptionalPlugin, () => AdmissionPlugin>> = {
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
  };
  return optionalPlugins.filter((name) => enabled.includes(name)).map((name) => made[name]());
}

/** What a plugin cannot do without. */
function configured<K extends keyof PluginConfigurations>(all: PluginConfigurations, name: K) {
  const own = all[name];
  if (own === undefined) throw new Error(`the admission plugin ${name} needs a configuration`);
  return own;
}
