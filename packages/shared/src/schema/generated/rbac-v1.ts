// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.rbac.v1',
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.rbac.v1.AggregationRule': { fields: [
      { name: "clusterRoleSelectors", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.rbac.v1.ClusterRole': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "rules", number: 2, type: "io.k8s.api.rbac.v1.PolicyRule", list: true, listType: "atomic" },
      { name: "aggregationRule", number: 3, type: "io.k8s.api.rbac.v1.AggregationRule", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.rbac.v1.ClusterRoleBinding': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "subjects", number: 2, type: "io.k8s.api.rbac.v1.Subject", list: true, omitempty: true, listType: "atomic" },
      { name: "roleRef", number: 3, type: "io.k8s.api.rbac.v1.RoleRef", required: true },
    ] },
    'io.k8s.api.rbac.v1.ClusterRoleBindingList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.rbac.v1.ClusterRoleBinding", list: true, required: true },
    ] },
    'io.k8s.api.rbac.v1.ClusterRoleList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.rbac.v1.ClusterRole", list: true, required: true },
    ] },
    'io.k8s.api.rbac.v1.PolicyRule': { fields: [
      { name: "verbs", number: 1, type: "string", list: true, required: true, listType: "atomic" },
      { name: "apiGroups", number: 2, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "resources", number: 3, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "resourceNames", number: 4, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "nonResourceURLs", number: 5, type: "string", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.rbac.v1.Role': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "rules", number: 2, type: "io.k8s.api.rbac.v1.PolicyRule", list: true, listType: "atomic" },
    ] },
    'io.k8s.api.rbac.v1.RoleBinding': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "subjects", number: 2, type: "io.k8s.api.rbac.v1.Subject", list: true, omitempty: true, listType: "atomic" },
      { name: "roleRef", number: 3, type: "io.k8s.api.rbac.v1.RoleRef", required: true },
    ] },
    'io.k8s.api.rbac.v1.RoleBindingList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.rbac.v1.RoleBinding", list: true, required: true },
    ] },
    'io.k8s.api.rbac.v1.RoleList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.rbac.v1.Role", list: true, required: true },
    ] },
    'io.k8s.api.rbac.v1.RoleRef': { structType: "atomic", fields: [
      { name: "apiGroup", number: 1, type: "string" },
      { name: "kind", number: 2, type: "string", required: true },
      { name: "name", number: 3, type: "string", required: true },
    ] },
    'io.k8s.api.rbac.v1.Subject': { structType: "atomic", fields: [
      { name: "kind", number: 1, type: "string", required: true },
      { name: "apiGroup", number: 2, type: "string", omitempty: true },
      { name: "name", number: 3, type: "string", required: true },
      { name: "namespace", number: 4, type: "string", omitempty: true },
    ] },
  },
};
