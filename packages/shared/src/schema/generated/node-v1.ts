// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.node.v1',
  group: 'node.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.node.v1.Overhead': { fields: [
      { name: "podFixed", number: 1, type: "Quantity", map: true, goType: "v1.ResourceList", omitempty: true },
    ] },
    'io.k8s.api.node.v1.RuntimeClass': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "handler", number: 2, type: "string", required: true },
      { name: "overhead", number: 3, type: "io.k8s.api.node.v1.Overhead", pointer: true, omitempty: true },
      { name: "scheduling", number: 4, type: "io.k8s.api.node.v1.Scheduling", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.node.v1.RuntimeClassList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.node.v1.RuntimeClass", list: true, required: true },
    ] },
    'io.k8s.api.node.v1.Scheduling': { fields: [
      { name: "nodeSelector", number: 1, type: "string", map: true, omitempty: true, mapType: "atomic" },
      { name: "tolerations", number: 2, type: "io.k8s.api.core.v1.Toleration", list: true, omitempty: true, listType: "atomic" },
    ] },
  },
};
