// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.coordination.v1',
  group: 'coordination.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.coordination.v1.Lease': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.coordination.v1.LeaseSpec", omitempty: true },
    ] },
    'io.k8s.api.coordination.v1.LeaseList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.coordination.v1.Lease", list: true, required: true },
    ] },
    'io.k8s.api.coordination.v1.LeaseSpec': { fields: [
      { name: "holderIdentity", number: 1, type: "string", pointer: true, omitempty: true },
      { name: "leaseDurationSeconds", number: 2, type: "int32", pointer: true, omitempty: true },
      { name: "acquireTime", number: 3, type: "MicroTime", pointer: true, omitempty: true },
      { name: "renewTime", number: 4, type: "MicroTime", pointer: true, omitempty: true },
      { name: "leaseTransitions", number: 5, type: "int32", pointer: true, omitempty: true },
      { name: "strategy", number: 6, type: "string", pointer: true, goType: "v1.CoordinatedLeaseStrategy", omitempty: true },
      { name: "preferredHolder", number: 7, type: "string", pointer: true, omitempty: true },
    ] },
  },
};
