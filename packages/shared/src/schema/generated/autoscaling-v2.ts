// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.autoscaling.v2',
  group: 'autoscaling',
  version: 'v2',
  types: {
    'io.k8s.api.autoscaling.v2.ContainerResourceMetricSource': { fields: [
      { name: "name", number: 1, type: "string", goType: "v1.ResourceName", required: true },
      { name: "target", number: 2, type: "io.k8s.api.autoscaling.v2.MetricTarget", required: true },
      { name: "container", number: 3, type: "string", required: true },
    ] },
    'io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus': { fields: [
      { name: "name", number: 1, type: "string", goType: "v1.ResourceName", required: true },
      { name: "current", number: 2, type: "io.k8s.api.autoscaling.v2.MetricValueStatus", required: true },
      { name: "container", number: 3, type: "string", required: true },
    ] },
    'io.k8s.api.autoscaling.v2.CrossVersionObjectReference': { fields: [
      { name: "kind", number: 1, type: "string", required: true },
      { name: "name", number: 2, type: "string", required: true },
      { name: "apiVersion", number: 3, type: "string", omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v2.ExternalMetricSource': { fields: [
      { name: "metric", number: 1, type: "io.k8s.api.autoscaling.v2.MetricIdentifier", required: true },
      { name: "target", number: 2, type: "io.k8s.api.autoscaling.v2.MetricTarget", required: true },
    ] },
    'io.k8s.api.autoscaling.v2.ExternalMetricStatus': { fields: [
      { name: "metric", number: 1, type: "io.k8s.api.autoscaling.v2.MetricIdentifier", required: true },
      { name: "current", number: 2, type: "io.k8s.api.autoscaling.v2.MetricValueStatus", required: true },
    ] },
    'io.k8s.api.autoscaling.v2.HPAScalingPolicy': { fields: [
      { name: "type", number: 1, type: "string", goType: "v2.HPAScalingPolicyType", required: true },
      { name: "value", number: 2, type: "int32", required: true },
      { name: "periodSeconds", number: 3, type: "int32", required: true },
    ] },
    'io.k8s.api.autoscaling.v2.HPAScalingRules': { fields: [
      { name: "stabilizationWindowSeconds", number: 3, type: "int32", pointer: true, omitempty: true },
      { name: "selectPolicy", number: 1, type: "string", pointer: true, goType: "v2.ScalingPolicySelect", omitempty: true },
      { name: "policies", number: 2, type: "io.k8s.api.autoscaling.v2.HPAScalingPolicy", list: true, omitempty: true, listType: "atomic" },
      { name: "tolerance", number: 4, type: "Quantity", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec", omitempty: true, required: true },
      { name: "status", number: 3, type: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus", omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior': { fields: [
      { name: "scaleUp", number: 1, type: "io.k8s.api.autoscaling.v2.HPAScalingRules", pointer: true, omitempty: true },
      { name: "scaleDown", number: 2, type: "io.k8s.api.autoscaling.v2.HPAScalingRules", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition': { fields: [
      { name: "type", number: 1, type: "string", goType: "v2.HorizontalPodAutoscalerConditionType", required: true },
      { name: "status", number: 2, type: "string", goType: "v1.ConditionStatus", required: true },
      { name: "lastTransitionTime", number: 3, type: "Time", omitempty: true },
      { name: "reason", number: 4, type: "string", omitempty: true },
      { name: "message", number: 5, type: "string", omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler", list: true, required: true },
    ] },
    'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec': { fields: [
      { name: "scaleTargetRef", number: 1, type: "io.k8s.api.autoscaling.v2.CrossVersionObjectReference", required: true },
      { name: "minReplicas", number: 2, type: "int32", pointer: true, omitempty: true },
      { name: "maxReplicas", number: 3, type: "int32", required: true },
      { name: "metrics", number: 4, type: "io.k8s.api.autoscaling.v2.MetricSpec", list: true, omitempty: true, listType: "atomic" },
      { name: "behavior", number: 5, type: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus': { fields: [
      { name: "observedGeneration", number: 1, type: "int64", pointer: true, omitempty: true },
      { name: "lastScaleTime", number: 2, type: "Time", pointer: true, omitempty: true },
      { name: "currentReplicas", number: 3, type: "int32", omitempty: true },
      { name: "desiredReplicas", number: 4, type: "int32", required: true },
      { name: "currentMetrics", number: 5, type: "io.k8s.api.autoscaling.v2.MetricStatus", list: true, listType: "atomic" },
      { name: "conditions", number: 6, type: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] },
    ] },
    'io.k8s.api.autoscaling.v2.MetricIdentifier': { fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "selector", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v2.MetricSpec': { fields: [
      { name: "type", number: 1, type: "string", goType: "v2.MetricSourceType", required: true },
      { name: "object", number: 2, type: "io.k8s.api.autoscaling.v2.ObjectMetricSource", pointer: true, omitempty: true },
      { name: "pods", number: 3, type: "io.k8s.api.autoscaling.v2.PodsMetricSource", pointer: true, omitempty: true },
      { name: "resource", number: 4, type: "io.k8s.api.autoscaling.v2.ResourceMetricSource", pointer: true, omitempty: true },
      { name: "containerResource", number: 7, type: "io.k8s.api.autoscaling.v2.ContainerResourceMetricSource", pointer: true, omitempty: true },
      { name: "external", number: 5, type: "io.k8s.api.autoscaling.v2.ExternalMetricSource", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v2.MetricStatus': { fields: [
      { name: "type", number: 1, type: "string", goType: "v2.MetricSourceType", required: true },
      { name: "object", number: 2, type: "io.k8s.api.autoscaling.v2.ObjectMetricStatus", pointer: true, omitempty: true },
      { name: "pods", number: 3, type: "io.k8s.api.autoscaling.v2.PodsMetricStatus", pointer: true, omitempty: true },
      { name: "resource", number: 4, type: "io.k8s.api.autoscaling.v2.ResourceMetricStatus", pointer: true, omitempty: true },
      { name: "containerResource", number: 7, type: "io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus", pointer: true, omitempty: true },
      { name: "external", number: 5, type: "io.k8s.api.autoscaling.v2.ExternalMetricStatus", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v2.MetricTarget': { fields: [
      { name: "type", number: 1, type: "string", goType: "v2.MetricTargetType", required: true },
      { name: "value", number: 2, type: "Quantity", pointer: true, omitempty: true },
      { name: "averageValue", number: 3, type: "Quantity", pointer: true, omitempty: true },
      { name: "averageUtilization", number: 4, type: "int32", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v2.MetricValueStatus': { fields: [
      { name: "value", number: 1, type: "Quantity", pointer: true, omitempty: true },
      { name: "averageValue", number: 2, type: "Quantity", pointer: true, omitempty: true },
      { name: "averageUtilization", number: 3, type: "int32", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v2.ObjectMetricSource': { fields: [
      { name: "describedObject", number: 1, type: "io.k8s.api.autoscaling.v2.CrossVersionObjectReference", required: true },
      { name: "target", number: 2, type: "io.k8s.api.autoscaling.v2.MetricTarget", required: true },
      { name: "metric", number: 3, type: "io.k8s.api.autoscaling.v2.MetricIdentifier", required: true },
    ] },
    'io.k8s.api.autoscaling.v2.ObjectMetricStatus': { fields: [
      { name: "metric", number: 1, type: "io.k8s.api.autoscaling.v2.MetricIdentifier", required: true },
      { name: "current", number: 2, type: "io.k8s.api.autoscaling.v2.MetricValueStatus", required: true },
      { name: "describedObject", number: 3, type: "io.k8s.api.autoscaling.v2.CrossVersionObjectReference", required: true },
    ] },
    'io.k8s.api.autoscaling.v2.PodsMetricSource': { fields: [
      { name: "metric", number: 1, type: "io.k8s.api.autoscaling.v2.MetricIdentifier", required: true },
      { name: "target", number: 2, type: "io.k8s.api.autoscaling.v2.MetricTarget", required: true },
    ] },
    'io.k8s.api.autoscaling.v2.PodsMetricStatus': { fields: [
      { name: "metric", number: 1, type: "io.k8s.api.autoscaling.v2.MetricIdentifier", required: true },
      { name: "current", number: 2, type: "io.k8s.api.autoscaling.v2.MetricValueStatus", required: true },
    ] },
    'io.k8s.api.autoscaling.v2.ResourceMetricSource': { fields: [
      { name: "name", number: 1, type: "string", goType: "v1.ResourceName", required: true },
      { name: "target", number: 2, type: "io.k8s.api.autoscaling.v2.MetricTarget", required: true },
    ] },
    'io.k8s.api.autoscaling.v2.ResourceMetricStatus': { fields: [
      { name: "name", number: 1, type: "string", goType: "v1.ResourceName", required: true },
      { name: "current", number: 2, type: "io.k8s.api.autoscaling.v2.MetricValueStatus", required: true },
    ] },
  },
};
