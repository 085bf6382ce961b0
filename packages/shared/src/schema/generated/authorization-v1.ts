// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.authorization.v1',
  group: 'authorization.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.authorization.v1.ExtraValue': { list: true, fields: [
      { name: "items", number: 1, type: "string", list: true },
    ] },
    'io.k8s.api.authorization.v1.FieldSelectorAttributes': { fields: [
      { name: "rawSelector", number: 1, type: "string", omitempty: true },
      { name: "requirements", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.authorization.v1.LabelSelectorAttributes': { fields: [
      { name: "rawSelector", number: 1, type: "string", omitempty: true },
      { name: "requirements", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.authorization.v1.LocalSubjectAccessReview': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.authorization.v1.SubjectAccessReviewSpec", required: true },
      { name: "status", number: 3, type: "io.k8s.api.authorization.v1.SubjectAccessReviewStatus", omitempty: true },
    ] },
    'io.k8s.api.authorization.v1.NonResourceAttributes': { fields: [
      { name: "path", number: 1, type: "string", omitempty: true },
      { name: "verb", number: 2, type: "string", omitempty: true },
    ] },
    'io.k8s.api.authorization.v1.NonResourceRule': { fields: [
      { name: "verbs", number: 1, type: "string", list: true, required: true, listType: "atomic" },
      { name: "nonResourceURLs", number: 2, type: "string", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.authorization.v1.ResourceAttributes': { fields: [
      { name: "namespace", number: 1, type: "string", omitempty: true },
      { name: "verb", number: 2, type: "string", omitempty: true },
      { name: "group", number: 3, type: "string", omitempty: true },
      { name: "version", number: 4, type: "string", omitempty: true },
      { name: "resource", number: 5, type: "string", omitempty: true },
      { name: "subresource", number: 6, type: "string", omitempty: true },
      { name: "name", number: 7, type: "string", omitempty: true },
      { name: "fieldSelector", number: 8, type: "io.k8s.api.authorization.v1.FieldSelectorAttributes", pointer: true, omitempty: true },
      { name: "labelSelector", number: 9, type: "io.k8s.api.authorization.v1.LabelSelectorAttributes", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.authorization.v1.ResourceRule': { fields: [
      { name: "verbs", number: 1, type: "string", list: true, required: true, listType: "atomic" },
      { name: "apiGroups", number: 2, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "resources", number: 3, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "resourceNames", number: 4, type: "string", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.authorization.v1.SelfSubjectAccessReview': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec", required: true },
      { name: "status", number: 3, type: "io.k8s.api.authorization.v1.SubjectAccessReviewStatus", omitempty: true },
    ] },
    'io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec': { fields: [
      { name: "resourceAttributes", number: 1, type: "io.k8s.api.authorization.v1.ResourceAttributes", pointer: true, omitempty: true },
      { name: "nonResourceAttributes", number: 2, type: "io.k8s.api.authorization.v1.NonResourceAttributes", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.authorization.v1.SelfSubjectRulesReview': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec", required: true },
      { name: "status", number: 3, type: "io.k8s.api.authorization.v1.SubjectRulesReviewStatus", omitempty: true },
    ] },
    'io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec': { fields: [
      { name: "namespace", number: 1, type: "string", omitempty: true },
    ] },
    'io.k8s.api.authorization.v1.SubjectAccessReview': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.authorization.v1.SubjectAccessReviewSpec", required: true },
      { name: "status", number: 3, type: "io.k8s.api.authorization.v1.SubjectAccessReviewStatus", omitempty: true },
    ] },
    'io.k8s.api.authorization.v1.SubjectAccessReviewSpec': { fields: [
      { name: "resourceAttributes", number: 1, type: "io.k8s.api.authorization.v1.ResourceAttributes", pointer: true, omitempty: true },
      { name: "nonResourceAttributes", number: 2, type: "io.k8s.api.authorization.v1.NonResourceAttributes", pointer: true, omitempty: true },
      { name: "user", number: 3, type: "string", omitempty: true },
      { name: "groups", number: 4, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "extra", number: 5, type: "io.k8s.api.authorization.v1.ExtraValue", map: true, omitempty: true },
      { name: "uid", number: 6, type: "string", omitempty: true },
    ] },
    'io.k8s.api.authorization.v1.SubjectAccessReviewStatus': { fields: [
      { name: "allowed", number: 1, type: "bool", required: true },
      { name: "denied", number: 4, type: "bool", omitempty: true },
      { name: "reason", number: 2, type: "string", omitempty: true },
      { name: "evaluationError", number: 3, type: "string", omitempty: true },
    ] },
    'io.k8s.api.authorization.v1.SubjectRulesReviewStatus': { fields: [
      { name: "resourceRules", number: 1, type: "io.k8s.api.authorization.v1.ResourceRule", list: true, required: true, listType: "atomic" },
      { name: "nonResourceRules", number: 2, type: "io.k8s.api.authorization.v1.NonResourceRule", list: true, required: true, listType: "atomic" },
      { name: "incomplete", number: 3, type: "bool", required: true },
      { name: "evaluationError", number: 4, type: "string", omitempty: true },
    ] },
  },
};
