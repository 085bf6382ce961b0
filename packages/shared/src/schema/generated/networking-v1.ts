// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.networking.v1',
  group: 'networking.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.networking.v1.HTTPIngressPath': { fields: [
      { name: "path", number: 1, type: "string", omitempty: true },
      { name: "pathType", number: 3, type: "string", enum: [], pointer: true, goType: "v1.PathType", required: true },
      { name: "backend", number: 2, type: "io.k8s.api.networking.v1.IngressBackend", required: true },
    ] },
    'io.k8s.api.networking.v1.HTTPIngressRuleValue': { fields: [
      { name: "paths", number: 1, type: "io.k8s.api.networking.v1.HTTPIngressPath", list: true, required: true, listType: "atomic" },
    ] },
    'io.k8s.api.networking.v1.IPAddress': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.networking.v1.IPAddressSpec", omitempty: true, required: true },
    ] },
    'io.k8s.api.networking.v1.IPAddressList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.networking.v1.IPAddress", list: true, required: true },
    ] },
    'io.k8s.api.networking.v1.IPAddressSpec': { fields: [
      { name: "parentRef", number: 1, type: "io.k8s.api.networking.v1.ParentReference", pointer: true, omitempty: true, required: true },
    ] },
    'io.k8s.api.networking.v1.IPBlock': { fields: [
      { name: "cidr", number: 1, type: "string", required: true },
      { name: "except", number: 2, type: "string", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.networking.v1.Ingress': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.networking.v1.IngressSpec", omitempty: true },
      { name: "status", number: 3, type: "io.k8s.api.networking.v1.IngressStatus", omitempty: true },
    ] },
    'io.k8s.api.networking.v1.IngressBackend': { fields: [
      { name: "service", number: 4, type: "io.k8s.api.networking.v1.IngressServiceBackend", pointer: true, omitempty: true },
      { name: "resource", number: 3, type: "io.k8s.api.core.v1.TypedLocalObjectReference", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.networking.v1.IngressClass': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.networking.v1.IngressClassSpec", omitempty: true },
    ] },
    'io.k8s.api.networking.v1.IngressClassList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.networking.v1.IngressClass", list: true, required: true },
    ] },
    'io.k8s.api.networking.v1.IngressClassParametersReference': { fields: [
      { name: "apiGroup", number: 1, type: "string", pointer: true, omitempty: true },
      { name: "kind", number: 2, type: "string", required: true },
      { name: "name", number: 3, type: "string", required: true },
      { name: "scope", number: 4, type: "string", pointer: true },
      { name: "namespace", number: 5, type: "string", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.networking.v1.IngressClassSpec': { fields: [
      { name: "controller", number: 1, type: "string", omitempty: true },
      { name: "parameters", number: 2, type: "io.k8s.api.networking.v1.IngressClassParametersReference", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.networking.v1.IngressList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.networking.v1.Ingress", list: true, required: true },
    ] },
    'io.k8s.api.networking.v1.IngressLoadBalancerIngress': { fields: [
      { name: "ip", number: 1, type: "string", omitempty: true },
      { name: "hostname", number: 2, type: "string", omitempty: true },
      { name: "ports", number: 4, type: "io.k8s.api.networking.v1.IngressPortStatus", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.networking.v1.IngressLoadBalancerStatus': { fields: [
      { name: "ingress", number: 1, type: "io.k8s.api.networking.v1.IngressLoadBalancerIngress", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.networking.v1.IngressPortStatus': { fields: [
      { name: "port", number: 1, type: "int32", required: true },
      { name: "protocol", number: 2, type: "string", enum: ["SCTP","TCP","UDP"], goType: "v1.Protocol", required: true },
      { name: "error", number: 3, type: "string", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.networking.v1.IngressRule': { fields: [
      { name: "host", number: 1, type: "string", omitempty: true },
      { name: "IngressRuleValue", number: 2, type: "io.k8s.api.networking.v1.IngressRuleValue", inline: true },
    ] },
    'io.k8s.api.networking.v1.IngressRuleValue': { fields: [
      { name: "http", number: 1, type: "io.k8s.api.networking.v1.HTTPIngressRuleValue", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.networking.v1.IngressServiceBackend': { fields: [
      { name: "name", number: 1, type: "string", required: true },
      { name: "port", number: 2, type: "io.k8s.api.networking.v1.ServiceBackendPort", omitempty: true },
    ] },
    'io.k8s.api.networking.v1.IngressSpec': { fields: [
      { name: "ingressClassName", number: 4, type: "string", pointer: true, omitempty: true },
      { name: "defaultBackend", number: 1, type: "io.k8s.api.networking.v1.IngressBackend", pointer: true, omitempty: true },
      { name: "tls", number: 2, type: "io.k8s.api.networking.v1.IngressTLS", list: true, omitempty: true, listType: "atomic" },
      { name: "rules", number: 3, type: "io.k8s.api.networking.v1.IngressRule", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.networking.v1.IngressStatus': { fields: [
      { name: "loadBalancer", number: 1, type: "io.k8s.api.networking.v1.IngressLoadBalancerStatus", omitempty: true },
    ] },
    'io.k8s.api.networking.v1.IngressTLS': { fields: [
      { name: "hosts", number: 1, type: "string", list: true, omitempty: true, listType: "atomic" },
      { name: "secretName", number: 2, type: "string", omitempty: true },
    ] },
    'io.k8s.api.networking.v1.NetworkPolicy': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.networking.v1.NetworkPolicySpec", omitempty: true },
    ] },
    'io.k8s.api.networking.v1.NetworkPolicyEgressRule': { fields: [
      { name: "ports", number: 1, type: "io.k8s.api.networking.v1.NetworkPolicyPort", list: true, omitempty: true, listType: "atomic" },
      { name: "to", number: 2, type: "io.k8s.api.networking.v1.NetworkPolicyPeer", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.networking.v1.NetworkPolicyIngressRule': { fields: [
      { name: "ports", number: 1, type: "io.k8s.api.networking.v1.NetworkPolicyPort", list: true, omitempty: true, listType: "atomic" },
      { name: "from", number: 2, type: "io.k8s.api.networking.v1.NetworkPolicyPeer", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.networking.v1.NetworkPolicyList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.networking.v1.NetworkPolicy", list: true, required: true },
    ] },
    'io.k8s.api.networking.v1.NetworkPolicyPeer': { fields: [
      { name: "podSelector", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "namespaceSelector", number: 2, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", pointer: true, omitempty: true },
      { name: "ipBlock", number: 3, type: "io.k8s.api.networking.v1.IPBlock", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.networking.v1.NetworkPolicyPort': { fields: [
      { name: "protocol", number: 1, type: "string", enum: ["SCTP","TCP","UDP"], pointer: true, goType: "v1.Protocol", omitempty: true },
      { name: "port", number: 2, type: "IntOrString", pointer: true, omitempty: true },
      { name: "endPort", number: 3, type: "int32", pointer: true, omitempty: true },
    ] },
    'io.k8s.api.networking.v1.NetworkPolicySpec': { fields: [
      { name: "podSelector", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector" },
      { name: "ingress", number: 2, type: "io.k8s.api.networking.v1.NetworkPolicyIngressRule", list: true, omitempty: true, listType: "atomic" },
      { name: "egress", number: 3, type: "io.k8s.api.networking.v1.NetworkPolicyEgressRule", list: true, omitempty: true, listType: "atomic" },
      { name: "policyTypes", number: 4, type: "string", enum: ["Egress","Ingress"], list: true, goType: "[]v1.PolicyType", omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.networking.v1.ParentReference': { fields: [
      { name: "group", number: 1, type: "string", omitempty: true },
      { name: "resource", number: 2, type: "string", omitempty: true, required: true },
      { name: "namespace", number: 3, type: "string", omitempty: true },
      { name: "name", number: 4, type: "string", omitempty: true, required: true },
    ] },
    'io.k8s.api.networking.v1.ServiceBackendPort': { structType: "atomic", fields: [
      { name: "name", number: 1, type: "string", omitempty: true },
      { name: "number", number: 2, type: "int32", omitempty: true },
    ] },
    'io.k8s.api.networking.v1.ServiceCIDR': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", omitempty: true },
      { name: "spec", number: 2, type: "io.k8s.api.networking.v1.ServiceCIDRSpec", omitempty: true },
      { name: "status", number: 3, type: "io.k8s.api.networking.v1.ServiceCIDRStatus", omitempty: true },
    ] },
    'io.k8s.api.networking.v1.ServiceCIDRList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.networking.v1.ServiceCIDR", list: true, required: true },
    ] },
    'io.k8s.api.networking.v1.ServiceCIDRSpec': { fields: [
      { name: "cidrs", number: 1, type: "string", list: true, omitempty: true, listType: "atomic" },
    ] },
    'io.k8s.api.networking.v1.ServiceCIDRStatus': { fields: [
      { name: "conditions", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.Condition", list: true, omitempty: true, patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] },
    ] },
  },
};
