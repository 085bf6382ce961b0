// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.certificates.v1',
  group: 'certificates.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.certificates.v1.CertificateSigningRequest': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.certificates.v1.CertificateSigningRequestSpec", required: true },
      { name: "status", number: 3, type: "io.k8s.api.certificates.v1.CertificateSigningRequestStatus", omitempty: true },
    ] },
    'io.k8s.api.certificates.v1.CertificateSigningRequestCondition': { fields: [
      { name: "type", number: 1, type: "string", goType: "v1.RequestConditionType", required: true },
      { name: "status", number: 6, type: "string", goType: "v1.ConditionStatus", required: true },
      { name: "reason", number: 2, type: "string", omitempty: true },
      { name: "message", number: 3, type: "string", omitempty: true },
      { name: "lastUpdateTime", number: 4, type: "Time", omitempty: true },
      { name: "lastTransitionTime", number: 5, type: "Time", omitempty: true },
    ] },
    'io.k8s.api.certificates.v1.CertificateSigningRequestList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.certificates.v1.CertificateSigningRequest", list: true, required: true },
    ] },
    'io.k8s.api.certificates.v1.CertificateSigningRequestSpec': { fields: [
      { name: "request", number: 1, type: "bytes", required: true },
      { name: "signerName", number: 7, type: "string", required: true },
      { name: "expirationSeconds", number: 8, type: "int32", pointer: true, omitempty: true },
      { name: "usages", number: 5, type: "string", enum: ["any","cert sign","client auth","code signing","content commitment","crl sign","data encipherment","decipher only","digital signature","email protection","encipher only","ipsec end system","ipsec tunnel","ipsec user","key agreement","key encipherment","microsoft sgc","netscape sgc","ocsp signing","s/mime","server auth","signing","timestamping"], list: true, goType: "[]v1.KeyUsage", omitempty: true, listType: "atomic" },
      { name: "username", number: 2, type: "string", omitempty: true },
      { name: "uid", number: 3, type: "string", omitempty: true },
      { name: "groups", number: 4, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "extra", number: 6, type: "io.k8s.api.certificates.v1.ExtraValue", map: true, omitempty: true },
    ] },
    'io.k8s.api.certificates.v1.CertificateSigningRequestStatus': { fields: [
      { name: "conditions", number: 1, type: "io.k8s.api.certificates.v1.CertificateSigningRequestCondition", list: true, omitempty: true, listType: "map", listMapKeys: ["type"] },
      { name: "certificate", number: 2, type: "bytes", omitempty: true },
    ] },
    'io.k8s.api.certificates.v1.ExtraValue': { list: true, fields: [
      { name: "items", number: 1, type: "string", list: true },
    ] },
  },
};
