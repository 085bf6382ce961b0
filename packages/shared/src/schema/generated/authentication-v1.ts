// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.authentication.v1',
  group: 'authentication.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.authentication.v1.BoundObjectReference': { fields: [
      { name: "kind", number: 1, type: "string", omitempty: true },
      { name: "apiVersion", number: 2, type: "string", omitempty: true },
      { name: "name", number: 3, type: "string", omitempty: true },
      { name: "uid", number: 4, type: "string", goType: "types.UID", omitempty: true },
    ] },
    'io.k8s.api.authentication.v1.ExtraValue': { list: true, fields: [
      { name: "items", number: 1, type: "string", list: true },
    ] },
    'io.k8s.api.authentication.v1.SelfSubjectReview': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "status", number: 2, type: "io.k8s.api.authentication.v1.SelfSubjectReviewStatus", omitempty: true },
    ] },
    'io.k8s.api.authentication.v1.SelfSubjectReviewStatus': { fields: [
      { name: "userInfo", number: 1, type: "io.k8s.api.authentication.v1.UserInfo", omitempty: true },
    ] },
    'io.k8s.api.authentication.v1.TokenRequest': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.authentication.v1.TokenRequestSpec" },
      { name: "status", number: 3, type: "io.k8s.api.authentication.v1.TokenRequestStatus", omitempty: true },
    ] },
    'io.k8s.api.authentication.v1.TokenRequestSpec': { fields: [
      { name: "audiences", number: 1, type: "string", list: true, listType: "atomic" },
      { name: "expirationSeconds", number: 4, type: "int64", pointer: true },
      { name: "boundObjectRef", number: 3, type: "io.k8s.api.authentication.v1.BoundObjectReference", pointer: true },
    ] },
    'io.k8s.api.authentication.v1.TokenRequestStatus': { fields: [
      { name: "token", number: 1, type: "string" },
      { name: "expirationTimestamp", number: 2, type: "Time" },
    ] },
    'io.k8s.api.authentication.v1.TokenReview': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.authentication.v1.TokenReviewSpec", required: true },
      { name: "status", number: 3, type: "io.k8s.api.authentication.v1.TokenReviewStatus", omitempty: true },
    ] },
    'io.k8s.api.authentication.v1.TokenReviewSpec': { fields: [
      { name: "token", number: 1, type: "string", omitempty: true, required: true },
      { name: "audiences", number: 2, type: "string", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.authentication.v1.TokenReviewStatus': { fields: [
      { name: "authenticated", number: 1, type: "bool", omitempty: true },
      { name: "user", number: 2, type: "io.k8s.api.authentication.v1.UserInfo", omitempty: true },
      { name: "audiences", number: 4, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "error", number: 3, type: "string", omitempty: true },
    ] },
    'io.k8s.api.authentication.v1.UserInfo': { fields: [
      { name: "username", number: 1, type: "string", omitempty: true },
      { name: "uid", number: 2, type: "string", omitempty: true },
      { name: "groups", number: 3, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "extra", number: 4, type: "io.k8s.api.authentication.v1.ExtraValue", map: true, omitempty: true },
    ] },
  },
};
