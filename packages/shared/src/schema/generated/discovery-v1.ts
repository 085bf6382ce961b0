// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.discovery.v1',
  group: 'discovery.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.discovery.v1.Endpoint': { fields: [
      { name: "addresses", number: 1, type: "string", list: true, required: true, listType: "set" },
      { name: "conditions", number: 2, type: "io.k8s.api.discovery.v1.EndpointConditions", omitempty: true },
      { name: "hostname", number: 3, type: "string", pointer: true, omitempty: true },
      { name: "targetRef", number: 4, type: "io.k8s.api.core.v1.ObjectReference", pointer: true, omitempty: true },
      { name: "deprecatedTopology", number: 5, type: "string", map: true, omitempty: true },
      { name: "nodeName", number: 6, type: "string", pointer: true, omitempty: true },
      { name: "zone", number: 7, type: "string", pointer: true, omitempty: true },
      { name: "hints", number: 8, type: "io.k8s.api.discovery.v1.EndpointHints", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.discovery.v1.EndpointConditions': { fields: [
      { name: "ready", number: 1, type: "bool", pointer: true, omitempty: true },
      { name: "serving", number: 2, type: "bool", pointer: true, omitempty: true },
      { name: "terminating", number: 3, type: "bool", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.discovery.v1.EndpointHints': { fields: [
      { name: "forZones", number: 1, type: "io.k8s.api.discovery.v1.ForZone", list: true, omitempty: true, listType: "atomic" },
      { name: "forNodes", number: 2, type: "io.k8s.api.discovery.v1.ForNode", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.discovery.v1.EndpointPort': { structType: "atomic", fields: [
      { name: "name", number: 1, type: "string", pointer: true, omitempty: true },
      { name: "protocol", number: 2, type: "string", enum: ["SCTP","TCP","UDP"], pointer: true, goType: "v1.Protocol", omitempty: true },
      { name: "port", number: 3, type: "int32", pointer: true, omitempty: true },
      { name: "appProtocol", number: 4, type: "string", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.discovery.v1.EndpointSlice': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "addressType", number: 4, type: "string", enum: [], goType: "v1.AddressType", required: true },
      { name: "endpoints", number: 2, type: "io.k8s.api.discovery.v1.Endpoint", list: true, listType: "atomic" },
      { name: "ports", number: 3, type: "io.k8s.api.discovery.v1.EndpointPort", list: true, listType: "atomic" },
    ] },
    'io.k8s.api.discovery.v1.EndpointSliceList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.discovery.v1.EndpointSlice", list: true, required: true },
    ] },
    'io.k8s.api.discovery.v1.ForNode': { fields: [
      { name: "name", number: 1, type: "string", required: true },
    ] },
    'io.k8s.api.discovery.v1.ForZone': { fields: [
      { name: "name", number: 1, type: "string", required: true },
    ] },
  },
};
