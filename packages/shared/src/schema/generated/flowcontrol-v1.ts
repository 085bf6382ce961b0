// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.flowcontrol.v1',
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration': { fields: [
      { name: "nominalConcurrencyShares", number: 1, type: "int32", pointer: true, omitempty: true },
      { name: "lendablePercent", number: 2, type: "int32", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod': { fields: [
      { name: "type", number: 1, type: "string", goType: "v1.FlowDistinguisherMethodType", required: true },
    ] },
    'io.k8s.api.flowcontrol.v1.FlowSchema': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.flowcontrol.v1.FlowSchemaSpec", omitempty: true },
      { name: "status", number: 3, type: "io.k8s.api.flowcontrol.v1.FlowSchemaStatus", omitempty: true },
    ] },
    'io.k8s.api.flowcontrol.v1.FlowSchemaCondition': { fields: [
      { name: "type", number: 1, type: "string", goType: "v1.FlowSchemaConditionType", omitempty: true },
      { name: "status", number: 2, type: "string", goType: "v1.ConditionStatus", omitempty: true },
      { name: "lastTransitionTime", number: 3, type: "Time", omitempty: true },
      { name: "reason", number: 4, type: "string", omitempty: true },
      { name: "message", number: 5, type: "string", omitempty: true },
    ] },
    'io.k8s.api.flowcontrol.v1.FlowSchemaList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.flowcontrol.v1.FlowSchema", list: true, required: true },
    ] },
    'io.k8s.api.flowcontrol.v1.FlowSchemaSpec': { fields: [
      { name: "priorityLevelConfiguration", number: 1, type: "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference", required: true },
      { name: "matchingPrecedence", number: 2, type: "int32" },
      { name: "distinguisherMethod", number: 3, type: "io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod", pointer: true, omitempty: true },
      { name: "rules", number: 4, type: "io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.flowcontrol.v1.FlowSchemaStatus': { fields: [
      { name: "conditions", number: 1, type: "io.k8s.api.flowcontrol.v1.FlowSchemaCondition", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] },
    ] },
    'io.k8s.api.flowcontrol.v1.GroupSubject': { fields: [
      { name: "name", number: 1, type: "string", required: true },
    ] },
    'io.k8s.api.flowcontrol.v1.LimitResponse': { fields: [
      { name: "type", number: 1, type: "string", goType: "v1.LimitResponseType", required: true },
      { name: "queuing", number: 2, type: "io.k8s.api.flowcontrol.v1.QueuingConfiguration", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration': { fields: [
      { name: "nominalConcurrencyShares", number: 1, type: "int32", pointer: true },
      { name: "limitResponse", number: 2, type: "io.k8s.api.flowcontrol.v1.LimitResponse", omitempty: true },
      { name: "lendablePercent", number: 3, type: "int32", pointer: true, omitempty: true },
      { name: "borrowingLimitPercent", number: 4, type: "int32", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.flowcontrol.v1.NonResourcePolicyRule': { fields: [
      { name: "verbs", number: 1, type: "string", list: true, required: true, listType: "set" },
      { name: "nonResourceURLs", number: 6, type: "string", list: true, required: true, listType: "set" },
    ] },
    'io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects': { fields: [
      { name: "subjects", number: 1, type: "io.k8s.api.flowcontrol.v1.Subject", list: true, required: true, listType: "atomic" },
      { name: "resourceRules", number: 2, type: "io.k8s.api.flowcontrol.v1.ResourcePolicyRule", list: true, omitempty: true, listType: "atomic" },
      { name: "nonResourceRules", number: 3, type: "io.k8s.api.flowcontrol.v1.NonResourcePolicyRule", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec", omitempty: true },
      { name: "status", number: 3, type: "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus", omitempty: true },
    ] },
    'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition': { fields: [
      { name: "type", number: 1, type: "string", goType: "v1.PriorityLevelConfigurationConditionType", omitempty: true },
      { name: "status", number: 2, type: "string", goType: "v1.ConditionStatus", omitempty: true },
      { name: "lastTransitionTime", number: 3, type: "Time", omitempty: true },
      { name: "reason", number: 4, type: "string", omitempty: true },
      { name: "message", number: 5, type: "string", omitempty: true },
    ] },
    'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration", list: true, required: true },
    ] },
    'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference': { fields: [
      { name: "name", number: 1, type: "string", required: true },
    ] },
    'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec': { fields: [
      { name: "type", number: 1, type: "string", goType: "v1.PriorityLevelEnablement", required: true },
      { name: "limited", number: 2, type: "io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration", pointer: true, omitempty: true },
      { name: "exempt", number: 3, type: "io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus': { fields: [
      { name: "conditions", number: 1, type: "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] },
    ] },
    'io.k8s.api.flowcontrol.v1.QueuingConfiguration': { fields: [
      { name: "queues", number: 1, type: "int32" },
      { name: "handSize", number: 2, type: "int32" },
      { name: "queueLengthLimit", number: 3, type: "int32" },
    ] },
    'io.k8s.api.flowcontrol.v1.ResourcePolicyRule': { fields: [
      { name: "verbs", number: 1, type: "string", list: true, required: true, listType: "set" },
      { name: "apiGroups", number: 2, type: "string", list: true, required: true, listType: "set" },
      { name: "resources", number: 3, type: "string", list: true, required: true, listType: "set" },
      { name: "clusterScope", number: 4, type: "bool", omitempty: true },
      { name: "namespaces", number: 5, type: "string", list: true, listType: "set" },
    ] },
    'io.k8s.api.flowcontrol.v1.ServiceAccountSubject': { fields: [
      { name: "namespace", number: 1, type: "string", required: true },
      { name: "name", number: 2, type: "string", required: true },
    ] },
    'io.k8s.api.flowcontrol.v1.Subject': { fields: [
      { name: "kind", number: 1, type: "string", goType: "v1.SubjectKind", required: true },
      { name: "user", number: 2, type: "io.k8s.api.flowcontrol.v1.UserSubject", pointer: true, omitempty: true },
      { name: "group", number: 3, type: "io.k8s.api.flowcontrol.v1.GroupSubject", pointer: true, omitempty: true },
      { name: "serviceAccount", number: 4, type: "io.k8s.api.flowcontrol.v1.ServiceAccountSubject", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.flowcontrol.v1.UserSubject': { fields: [
      { name: "name", number: 1, type: "string", required: true },
    ] },
  },
};
