// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.admissionregistration.v1',
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.admissionregistration.v1.ApplyConfiguration': { fields: [
      { name: "expression", number: 1, type: "string", omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.AuditAnnotation': { fields: [
      { name: "key", number: 1, type: "string", required: true },
      { name: "valueExpression", number: 2, type: "string", required: true },
    ] },
    'io.k8s.api.admissionregistration.v1.ExpressionWarning': { fields: [
      { name: "fieldRef", number: 2, type: "string", required: true },
      { name: "warning", number: 3, type: "string", required: true },
    ] },
    'io.k8s.api.admissionregistration.v1.JSONPatch': { fields: [
      { name: "expression", number: 1, type: "string", omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.MatchCondition': { fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "expression", number: 2, type: "string", required: true },
    ] },
    'io.k8s.api.admissionregistration.v1.MatchResources': { structType: "atomic", fields: [
      { name: "namespaceSelector", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "objectSelector", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "resourceRules", number: 3, type: "io.k8s.api.admissionregistration.v1.NamedRuleWithOperations", list: true, omitempty: true, listType: "atomic" },
      { name: "excludeResourceRules", number: 4, type: "io.k8s.api.admissionregistration.v1.NamedRuleWithOperations", list: true, omitempty: true, listType: "atomic" },
      { name: "matchPolicy", number: 7, type: "string", enum: ["Equivalent","Exact"], pointer: true, goType: "v1.MatchPolicyType", omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec", omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec", omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding", list: true, required: true },
    ] },
    'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec': { fields: [
      { name: "policyName", number: 1, type: "string", omitempty: true },
      { name: "paramRef", number: 2, type: "io.k8s.api.admissionregistration.v1.ParamRef", pointer: true, omitempty: true },
      { name: "matchResources", number: 3, type: "io.k8s.api.admissionregistration.v1.MatchResources", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy", list: true, required: true },
    ] },
    'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec': { fields: [
      { name: "paramKind", number: 1, type: "io.k8s.api.admissionregistration.v1.ParamKind", pointer: true, omitempty: true },
      { name: "matchConstraints", number: 2, type: "io.k8s.api.admissionregistration.v1.MatchResources", pointer: true, omitempty: true },
      { name: "variables", number: 3, type: "io.k8s.api.admissionregistration.v1.Variable", list: true, omitempty: true, listType: "atomic" },
      { name: "mutations", number: 4, type: "io.k8s.api.admissionregistration.v1.Mutation", list: true, omitempty: true, listType: "atomic" },
      { name: "failurePolicy", number: 5, type: "string", enum: ["Fail","Ignore"], pointer: true, goType: "v1.FailurePolicyType", omitempty: true },
      { name: "matchConditions", number: 6, type: "io.k8s.api.admissionregistration.v1.MatchCondition", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] },
      { name: "reinvocationPolicy", number: 7, type: "string", enum: ["IfNeeded","Never"], goType: "v1.ReinvocationPolicyType", omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.MutatingWebhook': { fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "clientConfig", number: 2, type: "io.k8s.api.admissionregistration.v1.WebhookClientConfig", required: true },
      { name: "rules", number: 3, type: "io.k8s.api.admissionregistration.v1.RuleWithOperations", list: true, omitempty: true, listType: "atomic" },
      { name: "failurePolicy", number: 4, type: "string", enum: ["Fail","Ignore"], pointer: true, goType: "v1.FailurePolicyType", omitempty: true },
      { name: "matchPolicy", number: 9, type: "string", enum: ["Equivalent","Exact"], pointer: true, goType: "v1.MatchPolicyType", omitempty: true },
      { name: "namespaceSelector", number: 5, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "objectSelector", number: 11, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "sideEffects", number: 6, type: "string", enum: ["None","NoneOnDryRun","Some","Unknown"], pointer: true, goType: "v1.SideEffectClass", required: true },
      { name: "timeoutSeconds", number: 7, type: "int32", pointer: true, omitempty: true },
      { name: "admissionReviewVersions", number: 8, type: "string", list: true, required: true, listType: "atomic" },
      { name: "reinvocationPolicy", number: 10, type: "string", enum: ["IfNeeded","Never"], pointer: true, goType: "v1.ReinvocationPolicyType", omitempty: true },
      { name: "matchConditions", number: 12, type: "io.k8s.api.admissionregistration.v1.MatchCondition", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] },
    ] },
    'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "webhooks", number: 2, type: "io.k8s.api.admissionregistration.v1.MutatingWebhook", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] },
    ] },
    'io.k8s.api.admissionregistration.v1.MutatingWebhookConfigurationList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration", list: true, required: true },
    ] },
    'io.k8s.api.admissionregistration.v1.Mutation': { fields: [
      { name: "patchType", number: 2, type: "string", enum: ["ApplyConfiguration","JSONPatch"], goType: "v1.PatchType", required: true },
      { name: "applyConfiguration", number: 3, type: "io.k8s.api.admissionregistration.v1.ApplyConfiguration", pointer: true, omitempty: true },
      { name: "jsonPatch", number: 4, type: "io.k8s.api.admissionregistration.v1.JSONPatch", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.NamedRuleWithOperations': { structType: "atomic", fields: [
      { name: "resourceNames", number: 1, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "RuleWithOperations", number: 2, type: "io.k8s.api.admissionregistration.v1.RuleWithOperations", inline: true },
    ] },
    'io.k8s.api.admissionregistration.v1.ParamKind': { structType: "atomic", fields: [
      { name: "apiVersion", number: 1, type: "string", omitempty: true },
      { name: "kind", number: 2, type: "string", omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.ParamRef': { structType: "atomic", fields: [
      { name: "name", number: 1, type: "string", omitempty: true },
      { name: "namespace", number: 2, type: "string", omitempty: true },
      { name: "selector", number: 3, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "parameterNotFoundAction", number: 4, type: "string", pointer: true, goType: "v1.ParameterNotFoundActionType", omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.Rule': { fields: [
      { name: "apiGroups", number: 1, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "apiVersions", number: 2, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "resources", number: 3, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "scope", number: 4, type: "string", enum: ["*","Cluster","Namespaced"], pointer: true, goType: "v1.ScopeType", omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.RuleWithOperations': { fields: [
      { name: "operations", number: 1, type: "string", enum: ["*","CONNECT","CREATE","DELETE","UPDATE"], list: true, goType: "[]v1.OperationType", omitempty: true, listType: "atomic" },
      { name: "Rule", number: 2, type: "io.k8s.api.admissionregistration.v1.Rule", inline: true },
    ] },
    'io.k8s.api.admissionregistration.v1.ServiceReference': { fields: [
      { name: "namespace", number: 1, type: "string", required: true },
      { name: "name", number: 2, type: "string", required: true },
      { name: "path", number: 3, type: "string", pointer: true, omitempty: true },
      { name: "port", number: 4, type: "int32", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.TypeChecking': { fields: [
      { name: "expressionWarnings", number: 1, type: "io.k8s.api.admissionregistration.v1.ExpressionWarning", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec", omitempty: true },
      { name: "status", number: 3, type: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus", omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec", omitempty: true, required: true },
    ] },
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding", list: true, required: true },
    ] },
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec': { fields: [
      { name: "policyName", number: 1, type: "string", omitempty: true, required: true },
      { name: "paramRef", number: 2, type: "io.k8s.api.admissionregistration.v1.ParamRef", pointer: true, omitempty: true },
      { name: "matchResources", number: 3, type: "io.k8s.api.admissionregistration.v1.MatchResources", pointer: true, omitempty: true },
      { name: "validationActions", number: 4, type: "string", enum: ["Audit","Deny","Warn"], list: true, goType: "[]v1.ValidationAction", omitempty: true, required: true, listType: "set" },
    ] },
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy", list: true, required: true },
    ] },
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec': { fields: [
      { name: "paramKind", number: 1, type: "io.k8s.api.admissionregistration.v1.ParamKind", pointer: true, omitempty: true },
      { name: "matchConstraints", number: 2, type: "io.k8s.api.admissionregistration.v1.MatchResources", pointer: true, omitempty: true },
      { name: "validations", number: 3, type: "io.k8s.api.admissionregistration.v1.Validation", list: true, omitempty: true, listType: "atomic" },
      { name: "failurePolicy", number: 4, type: "string", enum: ["Fail","Ignore"], pointer: true, goType: "v1.FailurePolicyType", omitempty: true },
      { name: "auditAnnotations", number: 5, type: "io.k8s.api.admissionregistration.v1.AuditAnnotation", list: true, omitempty: true, listType: "atomic" },
      { name: "matchConditions", number: 6, type: "io.k8s.api.admissionregistration.v1.MatchCondition", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] },
      { name: "variables", number: 7, type: "io.k8s.api.admissionregistration.v1.Variable", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] },
    ] },
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus': { fields: [
      { name: "observedGeneration", number: 1, type: "int64", omitempty: true },
      { name: "typeChecking", number: 2, type: "io.k8s.api.admissionregistration.v1.TypeChecking", pointer: true, omitempty: true },
      { name: "conditions", number: 3, type: "io.k8s.apimachinery.pkg.apis.meta.v1.Condition", list: true, omitempty: true, listType: "map", listMapKeys: ["type"] },
    ] },
    'io.k8s.api.admissionregistration.v1.ValidatingWebhook': { fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "clientConfig", number: 2, type: "io.k8s.api.admissionregistration.v1.WebhookClientConfig", required: true },
      { name: "rules", number: 3, type: "io.k8s.api.admissionregistration.v1.RuleWithOperations", list: true, omitempty: true, listType: "atomic" },
      { name: "failurePolicy", number: 4, type: "string", enum: ["Fail","Ignore"], pointer: true, goType: "v1.FailurePolicyType", omitempty: true },
      { name: "matchPolicy", number: 9, type: "string", enum: ["Equivalent","Exact"], pointer: true, goType: "v1.MatchPolicyType", omitempty: true },
      { name: "namespaceSelector", number: 5, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "objectSelector", number: 10, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "sideEffects", number: 6, type: "string", enum: ["None","NoneOnDryRun","Some","Unknown"], pointer: true, goType: "v1.SideEffectClass", required: true },
      { name: "timeoutSeconds", number: 7, type: "int32", pointer: true, omitempty: true },
      { name: "admissionReviewVersions", number: 8, type: "string", list: true, required: true, listType: "atomic" },
      { name: "matchConditions", number: 11, type: "io.k8s.api.admissionregistration.v1.MatchCondition", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] },
    ] },
    'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "webhooks", number: 2, type: "io.k8s.api.admissionregistration.v1.ValidatingWebhook", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] },
    ] },
    'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfigurationList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration", list: true, required: true },
    ] },
    'io.k8s.api.admissionregistration.v1.Validation': { fields: [
      { name: "expression", number: 1, type: "string", required: true },
      { name: "message", number: 2, type: "string", omitempty: true },
      { name: "reason", number: 3, type: "string", pointer: true, goType: "v1.StatusReason", omitempty: true },
      { name: "messageExpression", number: 4, type: "string", omitempty: true },
    ] },
    'io.k8s.api.admissionregistration.v1.Variable': { structType: "atomic", fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "expression", number: 2, type: "string", required: true },
    ] },
    'io.k8s.api.admissionregistration.v1.WebhookClientConfig': { fields: [
      { name: "url", number: 3, type: "string", pointer: true, omitempty: true },
      { name: "service", number: 1, type: "io.k8s.api.admissionregistration.v1.ServiceReference", pointer: true, omitempty: true },
      { name: "caBundle", number: 2, type: "bytes", omitempty: true },
    ] },
  },
};
