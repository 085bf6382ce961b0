import { nodeRules } from './component-roles.ts';
import { type BootstrapRole, eventsRule, read, rule } from './rule.ts';

const certificates = 'certificates.k8s.io';
const storage = 'storage.k8s.io';

const approver = (signer: string): BootstrapRole => ({
  name: `system:certificates.k8s.io:${signer}-approver`,
  rules: [{ ...rule(['approve'], certificates, 'signers'), resourceNames: [`kubernetes.io/${signer}`] }],
});

/** Roles that wait to be bound: to machines that join, to approvers of certificates, to add-ons (bootstrappolicy ClusterRoles). */
export const standingRoles: readonly BootstrapRole[] = [
  ...['kube-apiserver-client', 'kube-apiserver-client-kubelet', 'kubelet-serving', 'legacy-unknown'].map(approver),
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
    rules: [rule(['create'], certificates, 'certificatesigningrequests/nodeclient')],
  },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    rules: [rule(['create'], certificates, 'certificatesigningrequests/selfnodeclient')],
  },
  {
    name: 'system:node-bootstrapper',
    rules: [rule(['create', ...read], certificates, 'certificatesigningrequests')],
  },
  // Nodes are authorized by what they are, not by this role.
  { name: 'system:node', rules: [...nodeRules, ...ownNodeRules()] },
  {
    name: 'system:node-problem-detector',
    rules: [rule(['get'], '', 'nodes'), rule(['patch'], '', 'nodes/status'), eventsRule],
  },
  { name: 'system:kube-aggregator', rules: [rule(read, '', 'endpoints', 'services')] },
  {
    name: 'system:kube-dns',
    rules: [
      rule(['list', 'watch'], '', 'endpoints', 'services'),
      rule(['list', 'watch'], 'discovery.k8s.io', 'endpointslices'),
    ],
  },
  {
    name: 'system:heapster',
    rules: [rule(read, '', 'events', 'namespaces', 'nodes', 'pods'), rule(read, 'extensions', 'deployments')],
  },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      rule(['create', 'delete', ...read], '', 'persistentvolumes'),
      rule(['update', ...read], '', 'persistentvolumeclaims'),
      rule(read, storage, 'storageclasses'),
      rule(['watch'], '', 'events'),
      eventsRule,
    ],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      rule(['patch', 'update', ...read], '', 'persistentvolumes'),
      rule(read, storage, 'storageclasses'),
      rule(['patch', 'update', ...read], '', 'persistentvolumeclaims'),
    ],
  },
];

function ownNodeRules() {
  return [
    rule(['create', 'patch', 'update', ...read], '', 'nodes'),
    rule(['patch', 'update'], '', 'nodes/status', 'pods/status'),
    rule(['create', 'delete', ...read], '', 'pods'),
    rule(['create'], '', 'pods/eviction', 'serviceaccounts/token'),
    rule(read, '', 'configmaps', 'secrets'),
    rule(['get'], '', 'persistentvolumeclaims', 'persistentvolumes'),
    rule(['get', 'patch', 'update'], '', 'persistentvolumeclaims/status'),
    rule(['create', 'delete', 'get', 'patch', 'update'], 'coordination.k8s.io', 'leases'),
    rule(['get'], storage, 'volumeattachments'),
    rule(['create', 'delete', 'get', 'patch', 'update'], storage, 'csinodes'),
    rule(['get'], 'resource.k8s.io', 'resourceclaims'),
    rule(['deletecollection', 'create', 'delete', 'patch', 'update', ...read], 'resource.k8s.io', 'resourceslices'),
  ];
}

/** What those of Kubernetes' controllers need that nothing here is called by yet; bound to their ServiceAccounts in kube-system, as there. */
export const foreignControllerRoles: readonly BootstrapRole[] = [
  controller(
    'attachdetach-controller',
    rule(['list', 'watch'], '', 'persistentvolumeclaims', 'persistentvolumes', 'pods'),
    rule(read, '', 'nodes'),
    rule(['patch', 'update'], '', 'nodes/status'),
    rule(['create', 'delete', ...read], storage, 'volumeattachments'),
    rule(read, storage, 'csidrivers', 'csinodes'),
  ),
  controller(
    'endpoint-controller',
    rule(read, '', 'pods', 'services'),
    rule(['create', 'delete', 'update', ...read], '', 'endpoints'),
    rule(['create'], '', 'endpoints/restricted'),
  ),
  controller(
    'endpointslicemirroring-controller',
    rule(read, '', 'endpoints', 'services'),
    rule(['update'], '', 'endpoints/finalizers', 'services/finalizers'),
    rule(['create', 'delete', 'update', ...read], 'discovery.k8s.io', 'endpointslices'),
  ),
  controller(
    'expand-controller',
    rule(['patch', 'update', ...read], '', 'persistentvolumes'),
    rule(['patch', 'update'], '', 'persistentvolumeclaims/status'),
    rule(read, '', 'persistentvolumeclaims'),
    rule(['get'], '', 'services'),
  ),
  controller(
    'ephemeral-volume-controller',
    rule(read, '', 'pods'),
    rule(['update'], '', 'pods/finalizers'),
    rule(['create', ...read], '', 'persistentvolumeclaims'),
  ),
  controller(
    'persistent-volume-binder',
    rule(['create', 'delete', 'update', ...read], '', 'persistentvolumes'),
    rule(['update'], '', 'persistentvolumeclaims/status', 'persistentvolumes/status'),
    rule(['update', ...read], '', 'persistentvolumeclaims'),
    rule(['create', 'delete', ...read], '', 'pods'),
    rule(read, storage, 'storageclasses'),
    rule(['list', 'watch'], '', 'nodes'),
    rule(['watch'], '', 'events'),
    rule(['get'], '', 'services'),
  ),
  controller(
    'volumeattributesclass-protection-controller',
    rule(read, '', 'persistentvolumeclaims', 'persistentvolumes'),
    rule(['update', ...read], storage, 'volumeattributesclasses'),
  ),
  controller(
    'resource-claim-controller',
    rule(read, '', 'pods'),
    rule(['update'], '', 'pods/finalizers'),
    rule(['create', 'delete', ...read], 'resource.k8s.io', 'resourceclaims'),
    rule(['patch', 'update'], 'resource.k8s.io', 'resourceclaims', 'resourceclaims/status'),
    rule(['patch', 'update'], '', 'pods/status'),
  ),
  controller('route-controller', rule(['list', 'watch'], '', 'nodes'), rule(['patch'], '', 'nodes/status')),
  controller(
    'service-controller',
    rule(read, '', 'services'),
    rule(['patch', 'update'], '', 'services/status'),
    rule(['list', 'watch'], '', 'nodes'),
  ),
  controller(
    'service-cidrs-controller',
    rule(['patch', 'update', ...read], 'networking.k8s.io', 'servicecidrs'),
    rule(['patch', 'update'], 'networking.k8s.io', 'servicecidrs/finalizers', 'servicecidrs/status'),
    rule(read, 'networking.k8s.io', 'ipaddresses'),
  ),
  controller('ttl-controller', rule(['list', 'patch', 'update', 'watch'], '', 'nodes')),
  controller(
    'validatingadmissionpolicy-status-controller',
    rule(read, 'admissionregistration.k8s.io', 'validatingadmissionpolicies'),
    rule(['get', 'patch', 'update'], 'admissionregistration.k8s.io', 'validatingadmissionpolicies/status'),
  ),
  {
    name: 'system:controller:legacy-service-account-token-cleaner',
    rules: [
      { ...rule(['get'], '', 'configmaps'), resourceNames: ['kube-apiserver-legacy-service-account-token-tracking'] },
      rule(['delete', 'patch'], '', 'secrets'),
    ],
  },
];

function controller(name: string, ...rules: readonly BootstrapRole['rules'][number][]): BootstrapRole {
  return { name: `system:controller:${name}`, rules: [...rules, eventsRule] };
}
