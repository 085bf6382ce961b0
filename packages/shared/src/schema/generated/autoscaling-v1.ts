// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.autoscaling.v1',
  group: 'autoscaling',
  version: 'v1',
  types: {
    'io.k8s.api.autoscaling.v1.ContainerResourceMetricSource': { fields: [
      { name: "name", number: 1, type: "string", goType: "v1.ResourceName", required: true },
      { name: "targetAverageUtilization", number: 2, type: "int32", pointer: true, omitempty: true },
      { name: "targetAverageValue", number: 3, type: "Quantity", pointer: true, omitempty: true },
      { name: "container", number: 5, type: "string", required: true },
    ] },
    'io.k8s.api.autoscaling.v1.ContainerResourceMetricStatus': { fields: [
      { name: "name", number: 1, type: "string", goType: "v1.ResourceName", required: true },
      { name: "currentAverageUtilization", number: 2, type: "int32", pointer: true, omitempty: true },
      { name: "currentAverageValue", number: 3, type: "Quantity", required: true },
      { name: "container", number: 4, type: "string", required: true },
    ] },
    'io.k8s.api.autoscaling.v1.CrossVersionObjectReference': { structType: "atomic", fields: [
      { name: "kind", number: 1, type: "string", required: true },
      { name: "name", number: 2, type: "string", required: true },
      { name: "apiVersion", number: 3, type: "string", omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.ExternalMetricSource': { fields: [
      { name: "metricName", number: 1, type: "string", required: true },
      { name: "metricSelector", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "targetValue", number: 3, type: "Quantity", pointer: true, omitempty: true },
      { name: "targetAverageValue", number: 4, type: "Quantity", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.ExternalMetricStatus': { fields: [
      { name: "metricName", number: 1, type: "string", required: true },
      { name: "metricSelector", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "currentValue", number: 3, type: "Quantity", required: true },
      { name: "currentAverageValue", number: 4, type: "Quantity", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec", omitempty: true, required: true },
      { name: "status", number: 3, type: "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus", omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerCondition': { fields: [
      { name: "type", number: 1, type: "string", goType: "v1.HorizontalPodAutoscalerConditionType", required: true },
      { name: "status", number: 2, type: "string", goType: "v1.ConditionStatus", required: true },
      { name: "lastTransitionTime", number: 3, type: "Time", omitempty: true },
      { name: "reason", number: 4, type: "string", omitempty: true },
      { name: "message", number: 5, type: "string", omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler", list: true, required: true },
    ] },
    'io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec': { fields: [
      { name: "scaleTargetRef", number: 1, type: "io.k8s.api.autoscaling.v1.CrossVersionObjectReference", required: true },
      { name: "minReplicas", number: 2, type: "int32", pointer: true, omitempty: true },
      { name: "maxReplicas", number: 3, type: "int32", required: true },
      { name: "targetCPUUtilizationPercentage", number: 4, type: "int32", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus': { fields: [
      { name: "observedGeneration", number: 1, type: "int64", pointer: true, omitempty: true },
      { name: "lastScaleTime", number: 2, type: "Time", pointer: true, omitempty: true },
      { name: "currentReplicas", number: 3, type: "int32", required: true },
      { name: "desiredReplicas", number: 4, type: "int32", required: true },
      { name: "currentCPUUtilizationPercentage", number: 5, type: "int32", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.MetricSpec': { fields: [
      { name: "type", number: 1, type: "string", enum: ["ContainerResource","External","Object","Pods","Resource"], goType: "v1.MetricSourceType", required: true },
      { name: "object", number: 2, type: "io.k8s.api.autoscaling.v1.ObjectMetricSource", pointer: true, omitempty: true },
      { name: "pods", number: 3, type: "io.k8s.api.autoscaling.v1.PodsMetricSource", pointer: true, omitempty: true },
      { name: "resource", number: 4, type: "io.k8s.api.autoscaling.v1.ResourceMetricSource", pointer: true, omitempty: true },
      { name: "containerResource", number: 7, type: "io.k8s.api.autoscaling.v1.ContainerResourceMetricSource", pointer: true, omitempty: true },
      { name: "external", number: 5, type: "io.k8s.api.autoscaling.v1.ExternalMetricSource", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.MetricStatus': { fields: [
      { name: "type", number: 1, type: "string", enum: ["ContainerResource","External","Object","Pods","Resource"], goType: "v1.MetricSourceType", required: true },
      { name: "object", number: 2, type: "io.k8s.api.autoscaling.v1.ObjectMetricStatus", pointer: true, omitempty: true },
      { name: "pods", number: 3, type: "io.k8s.api.autoscaling.v1.PodsMetricStatus", pointer: true, omitempty: true },
      { name: "resource", number: 4, type: "io.k8s.api.autoscaling.v1.ResourceMetricStatus", pointer: true, omitempty: true },
      { name: "containerResource", number: 7, type: "io.k8s.api.autoscaling.v1.ContainerResourceMetricStatus", pointer: true, omitempty: true },
      { name: "external", number: 5, type: "io.k8s.api.autoscaling.v1.ExternalMetricStatus", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.ObjectMetricSource': { fields: [
      { name: "target", number: 1, type: "io.k8s.api.autoscaling.v1.CrossVersionObjectReference", required: true },
      { name: "metricName", number: 2, type: "string", required: true },
      { name: "targetValue", number: 3, type: "Quantity", required: true },
      { name: "selector", number: 4, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "averageValue", number: 5, type: "Quantity", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.ObjectMetricStatus': { fields: [
      { name: "target", number: 1, type: "io.k8s.api.autoscaling.v1.CrossVersionObjectReference", required: true },
      { name: "metricName", number: 2, type: "string", required: true },
      { name: "currentValue", number: 3, type: "Quantity", required: true },
      { name: "selector", number: 4, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "averageValue", number: 5, type: "Quantity", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.PodsMetricSource': { fields: [
      { name: "metricName", number: 1, type: "string", required: true },
      { name: "targetAverageValue", number: 2, type: "Quantity", required: true },
      { name: "selector", number: 3, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.PodsMetricStatus': { fields: [
      { name: "metricName", number: 1, type: "string", required: true },
      { name: "currentAverageValue", number: 2, type: "Quantity", required: true },
      { name: "selector", number: 3, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.ResourceMetricSource': { fields: [
      { name: "name", number: 1, type: "string", goType: "v1.ResourceName", required: true },
      { name: "targetAverageUtilization", number: 2, type: "int32", pointer: true, omitempty: true },
      { name: "targetAverageValue", number: 3, type: "Quantity", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.ResourceMetricStatus': { fields: [
      { name: "name", number: 1, type: "string", goType: "v1.ResourceName", required: true },
      { name: "currentAverageUtilization", number: 2, type: "int32", pointer: true, omitempty: true },
      { name: "currentAverageValue", number: 3, type: "Quantity", required: true },
    ] },
    'io.k8s.api.autoscaling.v1.Scale': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.autoscaling.v1.ScaleSpec", omitempty: true },
      { name: "status", number: 3, type: "io.k8s.api.autoscaling.v1.ScaleStatus", omitempty: true },
    ] },
    'io.k8s.api.autoscaling.v1.ScaleSpec': { fields: [
      { name: "replicas", number: 1, type: "int32", omitempty: true, default: 0 },
    ] },
    'io.k8s.api.autoscaling.v1.ScaleStatus': { fields: [
      { name: "replicas", number: 1, type: "int32", required: true },
      { name: "selector", number: 2, type: "string", omitempty: true },
    ] },
  },
};
