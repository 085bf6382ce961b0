// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.admission.v1',
  group: 'admission.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.admission.v1.AdmissionRequest': { fields: [
      { name: "uid", number: 1, type: "string", goType: "types.UID" },
      { name: "kind", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionKind" },
      { name: "resource", number: 3, type: "io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionResource" },
      { name: "subResource", number: 4, type: "string", omitempty: true },
      { name: "requestKind", number: 13, type: "io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionKind", pointer: true, omitempty: true },
      { name: "requestResource", number: 14, type: "io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionResource", pointer: true, omitempty: true },
      { name: "requestSubResource", number: 15, type: "string", omitempty: true },
      { name: "name", number: 5, type: "string", omitempty: true },
      { name: "namespace", number: 6, type: "string", omitempty: true },
      { name: "operation", number: 7, type: "string", goType: "v1.Operation" },
      { name: "userInfo", number: 8, type: "io.k8s.api.authentication.v1.UserInfo" },
      { name: "object", number: 9, type: "RawExtension", omitempty: true },
      { name: "oldObject", number: 10, type: "RawExtension", omitempty: true },
      { name: "dryRun", number: 11, type: "bool", pointer: true, omitempty: true },
      { name: "options", number: 12, type: "RawExtension", omitempty: true },
    ] },
    'io.k8s.api.admission.v1.AdmissionResponse': { fields: [
      { name: "uid", number: 1, type: "string", goType: "types.UID" },
      { name: "allowed", number: 2, type: "bool" },
      { name: "status", number: 3, type: "io.k8s.apimachinery.pkg.apis.meta.v1.Status", pointer: true, omitempty: true },
      { name: "patch", number: 4, type: "bytes", omitempty: true },
      { name: "patchType", number: 5, type: "string", pointer: true, goType: "v1.PatchType", omitempty: true },
      { name: "auditAnnotations", number: 6, type: "string", map: true, omitempty: true },
      { name: "warnings", number: 7, type: "string", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.admission.v1.AdmissionReview': { document: true, fields: [
      { name: "request", number: 1, type: "io.k8s.api.admission.v1.AdmissionRequest", pointer: true, omitempty: true },
      { name: "response", number: 2, type: "io.k8s.api.admission.v1.AdmissionResponse", pointer: true, omitempty: true },
    ] },
  },
};
