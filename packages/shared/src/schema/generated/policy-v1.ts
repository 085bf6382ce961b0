// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.policy.v1',
  group: 'policy',
  version: 'v1',
  types: {
    'io.k8s.api.policy.v1.Eviction': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "deleteOptions", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.policy.v1.PodDisruptionBudget': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.policy.v1.PodDisruptionBudgetSpec", omitempty: true },
      { name: "status", number: 3, type: "io.k8s.api.policy.v1.PodDisruptionBudgetStatus", omitempty: true },
    ] },
    'io.k8s.api.policy.v1.PodDisruptionBudgetList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.policy.v1.PodDisruptionBudget", list: true, required: true },
    ] },
    'io.k8s.api.policy.v1.PodDisruptionBudgetSpec': { fields: [
      { name: "minAvailable", number: 1, type: "IntOrString", pointer: true, omitempty: true },
      { name: "selector", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true, patchStrategy: "replace" },
      { name: "maxUnavailable", number: 3, type: "IntOrString", pointer: true, omitempty: true },
      { name: "unhealthyPodEvictionPolicy", number: 4, type: "string", enum: ["AlwaysAllow","IfHealthyBudget"], pointer: true, goType: "v1.UnhealthyPodEvictionPolicyType", omitempty: true },
    ] },
    'io.k8s.api.policy.v1.PodDisruptionBudgetStatus': { fields: [
      { name: "observedGeneration", number: 1, type: "int64", omitempty: true },
      { name: "disruptedPods", number: 2, type: "Time", map: true, omitempty: true },
      { name: "disruptionsAllowed", number: 3, type: "int32" },
      { name: "currentHealthy", number: 4, type: "int32" },
      { name: "desiredHealthy", number: 5, type: "int32" },
      { name: "expectedPods", number: 6, type: "int32" },
      { name: "conditions", number: 7, type: "io.k8s.apimachinery.pkg.apis.meta.v1.Condition", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] },
    ] },
  },
};
