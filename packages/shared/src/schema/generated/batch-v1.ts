// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.batch.v1',
  group: 'batch',
  version: 'v1',
  types: {
    'io.k8s.api.batch.v1.CronJob': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.batch.v1.CronJobSpec", omitempty: true, required: true },
      { name: "status", number: 3, type: "io.k8s.api.batch.v1.CronJobStatus", omitempty: true },
    ] },
    'io.k8s.api.batch.v1.CronJobList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.batch.v1.CronJob", list: true, required: true },
    ] },
    'io.k8s.api.batch.v1.CronJobSpec': { fields: [
      { name: "schedule", number: 1, type: "string", required: true },
      { name: "timeZone", number: 8, type: "string", pointer: true, omitempty: true },
      { name: "startingDeadlineSeconds", number: 2, type: "int64", pointer: true, omitempty: true },
      { name: "concurrencyPolicy", number: 3, type: "string", enum: ["Allow","Forbid","Replace"], goType: "v1.ConcurrencyPolicy", omitempty: true },
      { name: "suspend", number: 4, type: "bool", pointer: true, omitempty: true },
      { name: "jobTemplate", number: 5, type: "io.k8s.api.batch.v1.JobTemplateSpec", required: true },
      { name: "successfulJobsHistoryLimit", number: 6, type: "int32", pointer: true, omitempty: true },
      { name: "failedJobsHistoryLimit", number: 7, type: "int32", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.batch.v1.CronJobStatus': { fields: [
      { name: "active", number: 1, type: "io.k8s.api.core.v1.ObjectReference", list: true, omitempty: true, listType: "atomic" },
      { name: "lastScheduleTime", number: 4, type: "Time", pointer: true, omitempty: true },
      { name: "lastSuccessfulTime", number: 5, type: "Time", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.batch.v1.Job': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.batch.v1.JobSpec", omitempty: true },
      { name: "status", number: 3, type: "io.k8s.api.batch.v1.JobStatus", omitempty: true },
    ] },
    'io.k8s.api.batch.v1.JobCondition': { fields: [
      { name: "type", number: 1, type: "string", goType: "v1.JobConditionType", required: true },
      { name: "status", number: 2, type: "string", goType: "v1.ConditionStatus", required: true },
      { name: "lastProbeTime", number: 3, type: "Time", omitempty: true },
      { name: "lastTransitionTime", number: 4, type: "Time", omitempty: true },
      { name: "reason", number: 5, type: "string", omitempty: true },
      { name: "message", number: 6, type: "string", omitempty: true },
    ] },
    'io.k8s.api.batch.v1.JobList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.batch.v1.Job", list: true, required: true },
    ] },
    'io.k8s.api.batch.v1.JobSpec': { fields: [
      { name: "parallelism", number: 1, type: "int32", pointer: true, omitempty: true },
      { name: "completions", number: 2, type: "int32", pointer: true, omitempty: true },
      { name: "activeDeadlineSeconds", number: 3, type: "int64", pointer: true, omitempty: true },
      { name: "podFailurePolicy", number: 11, type: "io.k8s.api.batch.v1.PodFailurePolicy", pointer: true, omitempty: true },
      { name: "successPolicy", number: 16, type: "io.k8s.api.batch.v1.SuccessPolicy", pointer: true, omitempty: true },
      { name: "backoffLimit", number: 7, type: "int32", pointer: true, omitempty: true },
      { name: "backoffLimitPerIndex", number: 12, type: "int32", pointer: true, omitempty: true },
      { name: "maxFailedIndexes", number: 13, type: "int32", pointer: true, omitempty: true },
      { name: "selector", number: 4, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "manualSelector", number: 5, type: "bool", pointer: true, omitempty: true },
      { name: "template", number: 6, type: "io.k8s.api.core.v1.PodTemplateSpec", required: true },
      { name: "ttlSecondsAfterFinished", number: 8, type: "int32", pointer: true, omitempty: true },
      { name: "completionMode", number: 9, type: "string", enum: ["Indexed","NonIndexed"], pointer: true, goType: "v1.CompletionMode", omitempty: true },
      { name: "suspend", number: 10, type: "bool", pointer: true, omitempty: true },
      { name: "podReplacementPolicy", number: 14, type: "string", enum: ["Failed","TerminatingOrFailed"], pointer: true, goType: "v1.PodReplacementPolicy", omitempty: true },
      { name: "managedBy", number: 15, type: "string", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.batch.v1.JobStatus': { fields: [
      { name: "conditions", number: 1, type: "io.k8s.api.batch.v1.JobCondition", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "type", listType: "atomic" },
      { name: "startTime", number: 2, type: "Time", pointer: true, omitempty: true },
      { name: "completionTime", number: 3, type: "Time", pointer: true, omitempty: true },
      { name: "active", number: 4, type: "int32", omitempty: true },
      { name: "succeeded", number: 5, type: "int32", omitempty: true },
      { name: "failed", number: 6, type: "int32", omitempty: true },
      { name: "terminating", number: 11, type: "int32", pointer: true, omitempty: true },
      { name: "completedIndexes", number: 7, type: "string", omitempty: true },
      { name: "failedIndexes", number: 10, type: "string", pointer: true, omitempty: true },
      { name: "uncountedTerminatedPods", number: 8, type: "io.k8s.api.batch.v1.UncountedTerminatedPods", pointer: true, omitempty: true },
      { name: "ready", number: 9, type: "int32", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.batch.v1.JobTemplateSpec': { fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.batch.v1.JobSpec", omitempty: true },
    ] },
    'io.k8s.api.batch.v1.PodFailurePolicy': { fields: [
      { name: "rules", number: 1, type: "io.k8s.api.batch.v1.PodFailurePolicyRule", list: true, required: true, listType: "atomic" },
    ] },
    'io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement': { fields: [
      { name: "containerName", number: 1, type: "string", pointer: true, omitempty: true },
      { name: "operator", number: 2, type: "string", enum: ["In","NotIn"], goType: "v1.PodFailurePolicyOnExitCodesOperator", required: true },
      { name: "values", number: 3, type: "int32", list: true, required: true, listType: "set" },
    ] },
    'io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern': { fields: [
      { name: "type", number: 1, type: "string", goType: "v1.PodConditionType", required: true },
      { name: "status", number: 2, type: "string", goType: "v1.ConditionStatus" },
    ] },
    'io.k8s.api.batch.v1.PodFailurePolicyRule': { fields: [
      { name: "action", number: 1, type: "string", enum: ["Count","FailIndex","FailJob","Ignore"], goType: "v1.PodFailurePolicyAction", required: true },
      { name: "onExitCodes", number: 2, type: "io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement", pointer: true, omitempty: true },
      { name: "onPodConditions", number: 3, type: "io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.batch.v1.SuccessPolicy': { fields: [
      { name: "rules", number: 1, type: "io.k8s.api.batch.v1.SuccessPolicyRule", list: true, required: true, listType: "atomic" },
    ] },
    'io.k8s.api.batch.v1.SuccessPolicyRule': { fields: [
      { name: "succeededIndexes", number: 1, type: "string", pointer: true, omitempty: true },
      { name: "succeededCount", number: 2, type: "int32", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.batch.v1.UncountedTerminatedPods': { fields: [
      { name: "succeeded", number: 1, type: "string", list: true, goType: "[]types.UID", omitempty: true, listType: "set" },
      { name: "failed", number: 2, type: "string", list: true, goType: "[]types.UID", omitempty: true, listType: "set" },
    ] },
  },
};
