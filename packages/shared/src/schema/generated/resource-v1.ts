// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.resource.v1',
  group: 'resource.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.resource.v1.AllocatedDeviceStatus': { fields: [
      { name: "driver", number: 1, type: "string", required: true },
      { name: "pool", number: 2, type: "string", required: true },
      { name: "device", number: 3, type: "string", required: true },
      { name: "shareID", number: 7, type: "string", pointer: true, omitempty: true },
      { name: "conditions", number: 4, type: "io.k8s.apimachinery.pkg.apis.meta.v1.Condition", list: true, listType: "map", listMapKeys: ["type"] },
      { name: "data", number: 5, type: "RawExtension", pointer: true, omitempty: true },
      { name: "networkData", number: 6, type: "io.k8s.api.resource.v1.NetworkDeviceData", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.resource.v1.AllocationResult': { fields: [
      { name: "devices", number: 1, type: "io.k8s.api.resource.v1.DeviceAllocationResult", omitempty: true },
      { name: "nodeSelector", number: 3, type: "io.k8s.api.core.v1.NodeSelector", pointer: true, omitempty: true },
      { name: "allocationTimestamp", number: 5, type: "Time", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.resource.v1.CELDeviceSelector': { fields: [
      { name: "expression", number: 1, type: "string", required: true },
    ] },
    'io.k8s.api.resource.v1.CapacityRequestPolicy': { fields: [
      { name: "default", number: 1, type: "Quantity", pointer: true },
      { name: "validValues", number: 3, type: "Quantity", list: true, omitempty: true, listType: "atomic" },
      { name: "validRange", number: 4, type: "io.k8s.api.resource.v1.CapacityRequestPolicyRange", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.resource.v1.CapacityRequestPolicyRange': { fields: [
      { name: "min", number: 1, type: "Quantity", pointer: true, omitempty: true, required: true },
      { name: "max", number: 2, type: "Quantity", pointer: true, omitempty: true },
      { name: "step", number: 3, type: "Quantity", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.resource.v1.CapacityRequirements': { fields: [
      { name: "requests", number: 1, type: "Quantity", map: true, goType: "map[v1.QualifiedName]resource.Quantity", omitempty: true },
    ] },
    'io.k8s.api.resource.v1.Counter': { fields: [
      { name: "value", number: 1, type: "Quantity", required: true },
    ] },
    'io.k8s.api.resource.v1.CounterSet': { fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "counters", number: 2, type: "io.k8s.api.resource.v1.Counter", map: true, omitempty: true, required: true },
    ] },
    'io.k8s.api.resource.v1.Device': { fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "attributes", number: 2, type: "io.k8s.api.resource.v1.DeviceAttribute", map: true, goType: "map[v1.QualifiedName]v1.DeviceAttribute", omitempty: true },
      { name: "capacity", number: 3, type: "io.k8s.api.resource.v1.DeviceCapacity", map: true, goType: "map[v1.QualifiedName]v1.DeviceCapacity", omitempty: true },
      { name: "consumesCounters", number: 4, type: "io.k8s.api.resource.v1.DeviceCounterConsumption", list: true, omitempty: true, listType: "atomic" },
      { name: "nodeName", number: 5, type: "string", pointer: true, omitempty: true },
      { name: "nodeSelector", number: 6, type: "io.k8s.api.core.v1.NodeSelector", pointer: true, omitempty: true },
      { name: "allNodes", number: 7, type: "bool", pointer: true, omitempty: true },
      { name: "taints", number: 8, type: "io.k8s.api.resource.v1.DeviceTaint", list: true, omitempty: true, listType: "atomic" },
      { name: "bindsToNode", number: 9, type: "bool", pointer: true, omitempty: true },
      { name: "bindingConditions", number: 10, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "bindingFailureConditions", number: 11, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "allowMultipleAllocations", number: 12, type: "bool", pointer: true, omitempty: true },
      { name: "nodeAllocatableResourceMappings", number: 13, type: "io.k8s.api.resource.v1.NodeAllocatableResourceMapping", map: true, goType: "map[v1.ResourceName]v1.NodeAllocatableResourceMapping", omitempty: true },
    ] },
    'io.k8s.api.resource.v1.DeviceAllocationConfiguration': { fields: [
      { name: "source", number: 1, type: "string", enum: ["FromClaim","FromClass"], goType: "v1.AllocationConfigSource", required: true },
      { name: "requests", number: 2, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "DeviceConfiguration", number: 3, type: "io.k8s.api.resource.v1.DeviceConfiguration", inline: true },
    ] },
    'io.k8s.api.resource.v1.DeviceAllocationResult': { fields: [
      { name: "results", number: 1, type: "io.k8s.api.resource.v1.DeviceRequestAllocationResult", list: true, omitempty: true, listType: "atomic" },
      { name: "config", number: 2, type: "io.k8s.api.resource.v1.DeviceAllocationConfiguration", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.resource.v1.DeviceAttribute': { fields: [
      { name: "int", number: 2, type: "int64", pointer: true, omitempty: true },
      { name: "bool", number: 3, type: "bool", pointer: true, omitempty: true },
      { name: "string", number: 4, type: "string", pointer: true, omitempty: true },
      { name: "version", number: 5, type: "string", pointer: true, omitempty: true },
      { name: "ints", number: 6, type: "int64", list: true, omitempty: true, listType: "atomic" },
      { name: "bools", number: 7, type: "bool", list: true, omitempty: true, listType: "atomic" },
      { name: "strings", number: 8, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "versions", number: 9, type: "string", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.resource.v1.DeviceCapacity': { fields: [
      { name: "value", number: 1, type: "Quantity", required: true },
      { name: "requestPolicy", number: 2, type: "io.k8s.api.resource.v1.CapacityRequestPolicy", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.resource.v1.DeviceClaim': { fields: [
      { name: "requests", number: 1, type: "io.k8s.api.resource.v1.DeviceRequest", list: true, listType: "atomic" },
      { name: "constraints", number: 2, type: "io.k8s.api.resource.v1.DeviceConstraint", list: true, omitempty: true, listType: "atomic" },
      { name: "config", number: 3, type: "io.k8s.api.resource.v1.DeviceClaimConfiguration", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.resource.v1.DeviceClaimConfiguration': { fields: [
      { name: "requests", number: 1, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "DeviceConfiguration", number: 2, type: "io.k8s.api.resource.v1.DeviceConfiguration", inline: true },
    ] },
    'io.k8s.api.resource.v1.DeviceClass': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.resource.v1.DeviceClassSpec", required: true },
    ] },
    'io.k8s.api.resource.v1.DeviceClassConfiguration': { fields: [
      { name: "DeviceConfiguration", number: 1, type: "io.k8s.api.resource.v1.DeviceConfiguration", inline: true },
    ] },
    'io.k8s.api.resource.v1.DeviceClassList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.resource.v1.DeviceClass", list: true, required: true },
    ] },
    'io.k8s.api.resource.v1.DeviceClassSpec': { fields: [
      { name: "selectors", number: 1, type: "io.k8s.api.resource.v1.DeviceSelector", list: true, omitempty: true, listType: "atomic" },
      { name: "config", number: 2, type: "io.k8s.api.resource.v1.DeviceClassConfiguration", list: true, omitempty: true, listType: "atomic" },
      { name: "extendedResourceName", number: 4, type: "string", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.resource.v1.DeviceConfiguration': { fields: [
      { name: "opaque", number: 1, type: "io.k8s.api.resource.v1.OpaqueDeviceConfiguration", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.resource.v1.DeviceConstraint': { fields: [
      { name: "requests", number: 1, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "matchAttribute", number: 2, type: "string", pointer: true, goType: "v1.FullyQualifiedName", omitempty: true },
      { name: "distinctAttribute", number: 3, type: "string", pointer: true, goType: "v1.FullyQualifiedName", omitempty: true },
    ] },
    'io.k8s.api.resource.v1.DeviceCounterConsumption': { fields: [
      { name: "counterSet", number: 1, type: "string", required: true },
      { name: "counters", number: 2, type: "io.k8s.api.resource.v1.Counter", map: true, omitempty: true, required: true },
    ] },
    'io.k8s.api.resource.v1.DeviceRequest': { fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "exactly", number: 2, type: "io.k8s.api.resource.v1.ExactDeviceRequest", pointer: true, omitempty: true },
      { name: "firstAvailable", number: 3, type: "io.k8s.api.resource.v1.DeviceSubRequest", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.resource.v1.DeviceRequestAllocationResult': { fields: [
      { name: "request", number: 1, type: "string", required: true },
      { name: "driver", number: 2, type: "string", required: true },
      { name: "pool", number: 3, type: "string", required: true },
      { name: "device", number: 4, type: "string", required: true },
      { name: "adminAccess", number: 5, type: "bool", pointer: true, omitempty: true },
      { name: "tolerations", number: 6, type: "io.k8s.api.resource.v1.DeviceToleration", list: true, omitempty: true, listType: "atomic" },
      { name: "bindingConditions", number: 7, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "bindingFailureConditions", number: 8, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "shareID", number: 9, type: "string", pointer: true, goType: "types.UID", omitempty: true },
      { name: "consumedCapacity", number: 10, type: "Quantity", map: true, goType: "map[v1.QualifiedName]resource.Quantity", omitempty: true },
    ] },
    'io.k8s.api.resource.v1.DeviceSelector': { fields: [
      { name: "cel", number: 1, type: "io.k8s.api.resource.v1.CELDeviceSelector", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.resource.v1.DeviceSubRequest': { fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "deviceClassName", number: 2, type: "string", required: true },
      { name: "selectors", number: 3, type: "io.k8s.api.resource.v1.DeviceSelector", list: true, omitempty: true, listType: "atomic" },
      { name: "allocationMode", number: 4, type: "string", enum: [], goType: "v1.DeviceAllocationMode", omitempty: true },
      { name: "count", number: 5, type: "int64", omitempty: true },
      { name: "tolerations", number: 6, type: "io.k8s.api.resource.v1.DeviceToleration", list: true, omitempty: true, listType: "atomic" },
      { name: "capacity", number: 7, type: "io.k8s.api.resource.v1.CapacityRequirements", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.resource.v1.DeviceTaint': { fields: [
      { name: "key", number: 1, type: "string", required: true },
      { name: "value", number: 2, type: "string", omitempty: true },
      { name: "effect", number: 3, type: "string", enum: ["NoExecute","NoSchedule","None"], goType: "v1.DeviceTaintEffect", required: true },
      { name: "timeAdded", number: 4, type: "Time", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.resource.v1.DeviceToleration': { fields: [
      { name: "key", number: 1, type: "string", omitempty: true },
      { name: "operator", number: 2, type: "string", enum: ["Equal","Exists"], goType: "v1.DeviceTolerationOperator", omitempty: true, default: "Equal" },
      { name: "value", number: 3, type: "string", omitempty: true },
      { name: "effect", number: 4, type: "string", enum: ["NoExecute","NoSchedule","None"], goType: "v1.DeviceTaintEffect", omitempty: true },
      { name: "tolerationSeconds", number: 5, type: "int64", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.resource.v1.ExactDeviceRequest': { fields: [
      { name: "deviceClassName", number: 1, type: "string", required: true },
      { name: "selectors", number: 2, type: "io.k8s.api.resource.v1.DeviceSelector", list: true, omitempty: true, listType: "atomic" },
      { name: "allocationMode", number: 3, type: "string", enum: [], goType: "v1.DeviceAllocationMode", omitempty: true },
      { name: "count", number: 4, type: "int64", omitempty: true },
      { name: "adminAccess", number: 5, type: "bool", pointer: true, omitempty: true },
      { name: "tolerations", number: 6, type: "io.k8s.api.resource.v1.DeviceToleration", list: true, omitempty: true, listType: "atomic" },
      { name: "capacity", number: 7, type: "io.k8s.api.resource.v1.CapacityRequirements", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.resource.v1.NetworkDeviceData': { fields: [
      { name: "interfaceName", number: 1, type: "string", omitempty: true },
      { name: "ips", number: 2, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "hardwareAddress", number: 3, type: "string", omitempty: true },
    ] },
    'io.k8s.api.resource.v1.NodeAllocatableResourceMapping': { fields: [
      { name: "capacityKey", number: 1, type: "string", pointer: true, goType: "v1.QualifiedName", omitempty: true },
      { name: "allocationMultiplier", number: 2, type: "Quantity", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.resource.v1.OpaqueDeviceConfiguration': { fields: [
      { name: "driver", number: 1, type: "string", required: true },
      { name: "parameters", number: 2, type: "RawExtension", required: true },
    ] },
    'io.k8s.api.resource.v1.ResourceClaim': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.resource.v1.ResourceClaimSpec", required: true },
      { name: "status", number: 3, type: "io.k8s.api.resource.v1.ResourceClaimStatus", omitempty: true },
    ] },
    'io.k8s.api.resource.v1.ResourceClaimConsumerReference': { fields: [
      { name: "apiGroup", number: 1, type: "string", omitempty: true },
      { name: "resource", number: 3, type: "string", required: true },
      { name: "name", number: 4, type: "string", required: true },
      { name: "uid", number: 5, type: "string", goType: "types.UID", required: true },
    ] },
    'io.k8s.api.resource.v1.ResourceClaimList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.resource.v1.ResourceClaim", list: true, required: true },
    ] },
    'io.k8s.api.resource.v1.ResourceClaimSpec': { fields: [
      { name: "devices", number: 1, type: "io.k8s.api.resource.v1.DeviceClaim" },
    ] },
    'io.k8s.api.resource.v1.ResourceClaimStatus': { fields: [
      { name: "allocation", number: 1, type: "io.k8s.api.resource.v1.AllocationResult", pointer: true, omitempty: true },
      { name: "reservedFor", number: 2, type: "io.k8s.api.resource.v1.ResourceClaimConsumerReference", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "uid", listType: "map", listMapKeys: ["uid"] },
      { name: "devices", number: 4, type: "io.k8s.api.resource.v1.AllocatedDeviceStatus", list: true, omitempty: true, listType: "map", listMapKeys: ["driver","device","pool","shareID"] },
    ] },
    'io.k8s.api.resource.v1.ResourceClaimTemplate': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.resource.v1.ResourceClaimTemplateSpec", required: true },
    ] },
    'io.k8s.api.resource.v1.ResourceClaimTemplateList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.resource.v1.ResourceClaimTemplate", list: true, required: true },
    ] },
    'io.k8s.api.resource.v1.ResourceClaimTemplateSpec': { fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.resource.v1.ResourceClaimSpec", required: true },
    ] },
    'io.k8s.api.resource.v1.ResourcePool': { fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "generation", number: 2, type: "int64", required: true },
      { name: "resourceSliceCount", number: 3, type: "int64", required: true },
    ] },
    'io.k8s.api.resource.v1.ResourceSlice': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.resource.v1.ResourceSliceSpec", required: true },
    ] },
    'io.k8s.api.resource.v1.ResourceSliceList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.resource.v1.ResourceSlice", list: true, required: true },
    ] },
    'io.k8s.api.resource.v1.ResourceSliceSpec': { fields: [
      { name: "driver", number: 1, type: "string", required: true },
      { name: "pool", number: 2, type: "io.k8s.api.resource.v1.ResourcePool", required: true },
      { name: "nodeName", number: 3, type: "string", pointer: true, omitempty: true },
      { name: "nodeSelector", number: 4, type: "io.k8s.api.core.v1.NodeSelector", pointer: true, omitempty: true },
      { name: "allNodes", number: 5, type: "bool", pointer: true, omitempty: true },
      { name: "devices", number: 6, type: "io.k8s.api.resource.v1.Device", list: true, omitempty: true, listType: "atomic" },
      { name: "perDeviceNodeSelection", number: 7, type: "bool", pointer: true, omitempty: true },
      { name: "sharedCounters", number: 8, type: "io.k8s.api.resource.v1.CounterSet", list: true, omitempty: true, listType: "atomic" },
    ] },
  },
};
