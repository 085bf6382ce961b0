// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.apimachinery.pkg.apis.meta.v1',
  group: 'meta.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup': { document: true, fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "versions", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionForDiscovery", list: true, required: true, listType: "atomic" },
      { name: "preferredVersion", number: 3, type: "io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionForDiscovery", omitempty: true },
      { name: "serverAddressByClientCIDRs", number: 4, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ServerAddressByClientCIDR", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList': { document: true, fields: [
      { name: "groups", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup", list: true, required: true, listType: "atomic" },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.APIResource': { fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "singularName", number: 6, type: "string", required: true },
      { name: "namespaced", number: 2, type: "bool", required: true },
      { name: "group", number: 8, type: "string", omitempty: true },
      { name: "version", number: 9, type: "string", omitempty: true },
      { name: "kind", number: 3, type: "string", required: true },
      { name: "verbs", number: 4, type: "io.k8s.apimachinery.pkg.apis.meta.v1.Verbs", required: true },
      { name: "shortNames", number: 5, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "categories", number: 7, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "storageVersionHash", number: 10, type: "string", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList': { document: true, fields: [
      { name: "groupVersion", number: 1, type: "string", required: true },
      { name: "resources", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.APIResource", list: true, required: true, listType: "atomic" },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions': { document: true, fields: [
      { name: "versions", number: 1, type: "string", list: true, required: true, listType: "atomic" },
      { name: "serverAddressByClientCIDRs", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ServerAddressByClientCIDR", list: true, required: true, listType: "atomic" },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.ApplyOptions': { document: true, fields: [
      { name: "dryRun", number: 1, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "force", number: 2, type: "bool", required: true },
      { name: "fieldManager", number: 3, type: "string", required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.Condition': { fields: [
      { name: "type", number: 1, type: "string", required: true },
      { name: "status", number: 2, type: "string", goType: "v1.ConditionStatus", required: true },
      { name: "observedGeneration", number: 3, type: "int64", omitempty: true },
      { name: "lastTransitionTime", number: 4, type: "Time", required: true },
      { name: "reason", number: 5, type: "string", required: true },
      { name: "message", number: 6, type: "string", required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.CreateOptions': { document: true, fields: [
      { name: "dryRun", number: 1, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "fieldManager", number: 3, type: "string", omitempty: true },
      { name: "fieldValidation", number: 4, type: "string", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions': { document: true, fields: [
      { name: "gracePeriodSeconds", number: 1, type: "int64", pointer: true, omitempty: true },
      { name: "preconditions", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions", pointer: true, omitempty: true },
      { name: "orphanDependents", number: 3, type: "bool", pointer: true, omitempty: true },
      { name: "propagationPolicy", number: 4, type: "string", pointer: true, goType: "v1.DeletionPropagation", omitempty: true },
      { name: "dryRun", number: 5, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "ignoreStoreReadErrorWithClusterBreakingPotential", number: 6, type: "bool", pointer: true, omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement': { fields: [
      { name: "key", number: 1, type: "string", required: true },
      { name: "operator", number: 2, type: "string", goType: "v1.FieldSelectorOperator", required: true },
      { name: "values", number: 3, type: "string", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.GetOptions': { document: true, fields: [
      { name: "resourceVersion", number: 1, type: "string", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.GroupKind': { fields: [
      { name: "group", number: 1, type: "string", required: true },
      { name: "kind", number: 2, type: "string", required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource': { fields: [
      { name: "group", number: 1, type: "string", required: true },
      { name: "resource", number: 2, type: "string", required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersion': { fields: [
      { name: "group", number: 1, type: "string", required: true },
      { name: "version", number: 2, type: "string", required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionForDiscovery': { fields: [
      { name: "groupVersion", number: 1, type: "string", required: true },
      { name: "version", number: 2, type: "string", required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionKind': { fields: [
      { name: "group", number: 1, type: "string", required: true },
      { name: "version", number: 2, type: "string", required: true },
      { name: "kind", number: 3, type: "string", required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionResource': { fields: [
      { name: "group", number: 1, type: "string", required: true },
      { name: "version", number: 2, type: "string", required: true },
      { name: "resource", number: 3, type: "string", required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector': { structType: "atomic", fields: [
      { name: "matchLabels", number: 1, type: "string", map: true, omitempty: true },
      { name: "matchExpressions", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement': { fields: [
      { name: "key", number: 1, type: "string", required: true },
      { name: "operator", number: 2, type: "string", goType: "v1.LabelSelectorOperator", required: true },
      { name: "values", number: 3, type: "string", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.List': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "RawExtension", list: true, required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta': { fields: [
      { name: "selfLink", number: 1, type: "string", omitempty: true },
      { name: "resourceVersion", number: 2, type: "string", omitempty: true },
      { name: "continue", number: 3, type: "string", omitempty: true },
      { name: "remainingItemCount", number: 4, type: "int64", pointer: true, omitempty: true },
      { name: "shardInfo", number: 5, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo", pointer: true, omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.ListOptions': { document: true, fields: [
      { name: "labelSelector", number: 1, type: "string", omitempty: true },
      { name: "fieldSelector", number: 2, type: "string", omitempty: true },
      { name: "watch", number: 3, type: "bool", omitempty: true },
      { name: "allowWatchBookmarks", number: 9, type: "bool", omitempty: true },
      { name: "resourceVersion", number: 4, type: "string", omitempty: true },
      { name: "resourceVersionMatch", number: 10, type: "string", goType: "v1.ResourceVersionMatch", omitempty: true },
      { name: "timeoutSeconds", number: 5, type: "int64", pointer: true, omitempty: true },
      { name: "limit", number: 7, type: "int64", omitempty: true },
      { name: "continue", number: 8, type: "string", omitempty: true },
      { name: "sendInitialEvents", number: 11, type: "bool", pointer: true, omitempty: true },
      { name: "shardSelector", number: 15, type: "string", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry': { fields: [
      { name: "manager", number: 1, type: "string", omitempty: true },
      { name: "operation", number: 2, type: "string", goType: "v1.ManagedFieldsOperationType", omitempty: true },
      { name: "apiVersion", number: 3, type: "string", omitempty: true },
      { name: "time", number: 4, type: "Time", pointer: true, omitempty: true },
      { name: "fieldsType", number: 6, type: "string", omitempty: true },
      { name: "fieldsV1", number: 7, type: "FieldsV1", pointer: true, omitempty: true },
      { name: "subresource", number: 8, type: "string", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta': { fields: [
      { name: "name", number: 1, type: "string", omitempty: true },
      { name: "generateName", number: 2, type: "string", omitempty: true },
      { name: "namespace", number: 3, type: "string", omitempty: true },
      { name: "selfLink", number: 4, type: "string", omitempty: true },
      { name: "uid", number: 5, type: "string", goType: "types.UID", omitempty: true },
      { name: "resourceVersion", number: 6, type: "string", omitempty: true },
      { name: "generation", number: 7, type: "int64", omitempty: true },
      { name: "creationTimestamp", number: 8, type: "Time", omitempty: true, omitzero: true },
      { name: "deletionTimestamp", number: 9, type: "Time", pointer: true, omitempty: true },
      { name: "deletionGracePeriodSeconds", number: 10, type: "int64", pointer: true, omitempty: true },
      { name: "labels", number: 11, type: "string", map: true, omitempty: true },
      { name: "annotations", number: 12, type: "string", map: true, omitempty: true },
      { name: "ownerReferences", number: 13, type: "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "uid", listType: "map", listMapKeys: ["uid"] },
      { name: "finalizers", number: 14, type: "string", list: true, omitempty: true, patchStrategy: "merge", listType: "set" },
      { name: "managedFields", number: 17, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference': { structType: "atomic", fields: [
      { name: "apiVersion", number: 5, type: "string", required: true },
      { name: "kind", number: 1, type: "string", required: true },
      { name: "name", number: 3, type: "string", required: true },
      { name: "uid", number: 4, type: "string", goType: "types.UID", required: true },
      { name: "controller", number: 6, type: "bool", pointer: true, omitempty: true },
      { name: "blockOwnerDeletion", number: 7, type: "bool", pointer: true, omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadataList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata", list: true, required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.PatchOptions': { document: true, fields: [
      { name: "dryRun", number: 1, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "force", number: 2, type: "bool", pointer: true, omitempty: true },
      { name: "fieldManager", number: 3, type: "string", omitempty: true },
      { name: "fieldValidation", number: 4, type: "string", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions': { fields: [
      { name: "uid", number: 1, type: "string", pointer: true, goType: "types.UID", omitempty: true },
      { name: "resourceVersion", number: 2, type: "string", pointer: true, omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.RootPaths': { fields: [
      { name: "paths", number: 1, type: "string", list: true, required: true, listType: "atomic" },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.ServerAddressByClientCIDR': { fields: [
      { name: "clientCIDR", number: 1, type: "string", required: true },
      { name: "serverAddress", number: 2, type: "string", required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo': { fields: [
      { name: "selector", number: 1, type: "string", required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.Status': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "status", number: 2, type: "string", omitempty: true },
      { name: "message", number: 3, type: "string", omitempty: true },
      { name: "reason", number: 4, type: "string", goType: "v1.StatusReason", omitempty: true },
      { name: "details", number: 5, type: "io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails", pointer: true, omitempty: true },
      { name: "code", number: 6, type: "int32", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause': { fields: [
      { name: "reason", number: 1, type: "string", goType: "v1.CauseType", omitempty: true },
      { name: "message", number: 2, type: "string", omitempty: true },
      { name: "field", number: 3, type: "string", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails': { fields: [
      { name: "name", number: 1, type: "string", omitempty: true },
      { name: "group", number: 2, type: "string", omitempty: true },
      { name: "kind", number: 3, type: "string", omitempty: true },
      { name: "uid", number: 6, type: "string", goType: "types.UID", omitempty: true },
      { name: "causes", number: 4, type: "io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause", list: true, omitempty: true, listType: "atomic" },
      { name: "retryAfterSeconds", number: 5, type: "int32", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.Table': { document: true, fields: [
      { name: "metadata", type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "columnDefinitions", type: "io.k8s.apimachinery.pkg.apis.meta.v1.TableColumnDefinition", list: true, required: true, listType: "atomic" },
      { name: "rows", type: "io.k8s.apimachinery.pkg.apis.meta.v1.TableRow", list: true, required: true, listType: "atomic" },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.TableColumnDefinition': { fields: [
      { name: "name", type: "string", required: true },
      { name: "type", type: "string", required: true },
      { name: "format", type: "string", required: true },
      { name: "description", type: "string", required: true },
      { name: "priority", type: "int32", required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.TableOptions': { document: true, fields: [
      { name: "-", type: "bool", required: true },
      { name: "includeObject", number: 1, type: "string", goType: "v1.IncludeObjectPolicy", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.TableRow': { fields: [
      { name: "cells", type: "Any", list: true, goType: "[]v1.interface{}", required: true, listType: "atomic" },
      { name: "conditions", type: "io.k8s.apimachinery.pkg.apis.meta.v1.TableRowCondition", list: true, omitempty: true, listType: "atomic" },
      { name: "object", type: "RawExtension", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.TableRowCondition': { fields: [
      { name: "type", type: "string", goType: "v1.RowConditionType", required: true },
      { name: "status", type: "string", goType: "v1.ConditionStatus", required: true },
      { name: "reason", type: "string", omitempty: true },
      { name: "message", type: "string", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.Timestamp': { fields: [
      { name: "seconds", number: 1, type: "int64", required: true },
      { name: "nanos", number: 2, type: "int32", required: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.UpdateOptions': { document: true, fields: [
      { name: "dryRun", number: 1, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "fieldManager", number: 2, type: "string", omitempty: true },
      { name: "fieldValidation", number: 3, type: "string", omitempty: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.Verbs': { list: true, fields: [
      { name: "items", number: 1, type: "string", list: true },
    ] },
    'io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent': { fields: [
      { name: "type", number: 1, type: "string", required: true },
      { name: "object", number: 2, type: "RawExtension", required: true },
    ] },
  },
};
