// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.scheduling.v1',
  group: 'scheduling.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.scheduling.v1.PriorityClass': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "value", number: 2, type: "int32" },
      { name: "globalDefault", number: 3, type: "bool", omitempty: true },
      { name: "description", number: 4, type: "string", omitempty: true },
      { name: "preemptionPolicy", number: 5, type: "string", enum: ["Never","PreemptLowerPriority"], pointer: true, goType: "v1.PreemptionPolicy", omitempty: true },
    ] },
    'io.k8s.api.scheduling.v1.PriorityClassList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.scheduling.v1.PriorityClass", list: true, required: true },
    ] },
  },
};
