// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.storage.v1',
  group: 'storage.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.storage.v1.CSIDriver': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.storage.v1.CSIDriverSpec", required: true },
    ] },
    'io.k8s.api.storage.v1.CSIDriverList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.storage.v1.CSIDriver", list: true, required: true },
    ] },
    'io.k8s.api.storage.v1.CSIDriverSpec': { fields: [
      { name: "attachRequired", number: 1, type: "bool", pointer: true, omitempty: true },
      { name: "podInfoOnMount", number: 2, type: "bool", pointer: true, omitempty: true },
      { name: "volumeLifecycleModes", number: 3, type: "string", list: true, goType: "[]v1.VolumeLifecycleMode", omitempty: true, listType: "set" },
      { name: "storageCapacity", number: 4, type: "bool", pointer: true, omitempty: true },
      { name: "fsGroupPolicy", number: 5, type: "string", pointer: true, goType: "v1.FSGroupPolicy", omitempty: true },
      { name: "tokenRequests", number: 6, type: "io.k8s.api.storage.v1.TokenRequest", list: true, omitempty: true, listType: "atomic" },
      { name: "requiresRepublish", number: 7, type: "bool", pointer: true, omitempty: true },
      { name: "seLinuxMount", number: 8, type: "bool", pointer: true, omitempty: true },
      { name: "nodeAllocatableUpdatePeriodSeconds", number: 9, type: "int64", pointer: true, omitempty: true },
      { name: "serviceAccountTokenInSecrets", number: 10, type: "bool", pointer: true, omitempty: true },
      { name: "preventPodSchedulingIfMissing", number: 11, type: "bool", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.storage.v1.CSINode': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.storage.v1.CSINodeSpec", required: true },
    ] },
    'io.k8s.api.storage.v1.CSINodeDriver': { fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "nodeID", number: 2, type: "string", required: true },
      { name: "topologyKeys", number: 3, type: "string", list: true, listType: "atomic" },
      { name: "allocatable", number: 4, type: "io.k8s.api.storage.v1.VolumeNodeResources", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.storage.v1.CSINodeList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.storage.v1.CSINode", list: true, required: true },
    ] },
    'io.k8s.api.storage.v1.CSINodeSpec': { fields: [
      { name: "drivers", number: 1, type: "io.k8s.api.storage.v1.CSINodeDriver", list: true, required: true, patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] },
    ] },
    'io.k8s.api.storage.v1.CSIStorageCapacity': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "nodeTopology", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "storageClassName", number: 3, type: "string", required: true },
      { name: "capacity", number: 4, type: "Quantity", pointer: true, omitempty: true },
      { name: "maximumVolumeSize", number: 5, type: "Quantity", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.storage.v1.CSIStorageCapacityList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.storage.v1.CSIStorageCapacity", list: true, required: true },
    ] },
    'io.k8s.api.storage.v1.StorageClass': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "provisioner", number: 2, type: "string", required: true },
      { name: "parameters", number: 3, type: "string", map: true, omitempty: true },
      { name: "reclaimPolicy", number: 4, type: "string", enum: ["Delete","Recycle","Retain"], pointer: true, goType: "v1.PersistentVolumeReclaimPolicy", omitempty: true },
      { name: "mountOptions", number: 5, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "allowVolumeExpansion", number: 6, type: "bool", pointer: true, omitempty: true },
      { name: "volumeBindingMode", number: 7, type: "string", enum: ["Immediate","WaitForFirstConsumer"], pointer: true, goType: "v1.VolumeBindingMode", omitempty: true },
      { name: "allowedTopologies", number: 8, type: "io.k8s.api.core.v1.TopologySelectorTerm", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.storage.v1.StorageClassList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.storage.v1.StorageClass", list: true, required: true },
    ] },
    'io.k8s.api.storage.v1.TokenRequest': { fields: [
      { name: "audience", number: 1, type: "string", required: true },
      { name: "expirationSeconds", number: 2, type: "int64", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.storage.v1.VolumeAttachment': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.storage.v1.VolumeAttachmentSpec", required: true },
      { name: "status", number: 3, type: "io.k8s.api.storage.v1.VolumeAttachmentStatus", omitempty: true },
    ] },
    'io.k8s.api.storage.v1.VolumeAttachmentList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.storage.v1.VolumeAttachment", list: true, required: true },
    ] },
    'io.k8s.api.storage.v1.VolumeAttachmentSource': { fields: [
      { name: "persistentVolumeName", number: 1, type: "string", pointer: true, omitempty: true },
      { name: "inlineVolumeSpec", number: 2, type: "io.k8s.api.core.v1.PersistentVolumeSpec", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.storage.v1.VolumeAttachmentSpec': { fields: [
      { name: "attacher", number: 1, type: "string", required: true },
      { name: "source", number: 2, type: "io.k8s.api.storage.v1.VolumeAttachmentSource", required: true },
      { name: "nodeName", number: 3, type: "string", required: true },
    ] },
    'io.k8s.api.storage.v1.VolumeAttachmentStatus': { fields: [
      { name: "attached", number: 1, type: "bool", required: true },
      { name: "attachmentMetadata", number: 2, type: "string", map: true, omitempty: true },
      { name: "attachError", number: 3, type: "io.k8s.api.storage.v1.VolumeError", pointer: true, omitempty: true },
      { name: "detachError", number: 4, type: "io.k8s.api.storage.v1.VolumeError", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.storage.v1.VolumeAttributesClass': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "driverName", number: 2, type: "string", required: true },
      { name: "parameters", number: 3, type: "string", map: true, omitempty: true },
    ] },
    'io.k8s.api.storage.v1.VolumeAttributesClassList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.storage.v1.VolumeAttributesClass", list: true, required: true },
    ] },
    'io.k8s.api.storage.v1.VolumeError': { fields: [
      { name: "time", number: 1, type: "Time", omitempty: true },
      { name: "message", number: 2, type: "string", omitempty: true },
      { name: "errorCode", number: 3, type: "int32", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.storage.v1.VolumeNodeResources': { fields: [
      { name: "count", number: 1, type: "int32", pointer: true, omitempty: true },
    ] },
  },
};
