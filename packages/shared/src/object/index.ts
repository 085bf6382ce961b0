/** The object model: what every Kubernetes object has, and the names by which the parts of Kubus speak of one. */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: 'Apply' | 'Update';
  apiVersion?: string;
  time?: string;
  fieldsType?: 'FieldsV1';
  fieldsV1?: Record<string, unknown>;
  subresource?: string;
}

/** metadata of an object; times are RFC 3339 in whole seconds, as Kubernetes writes them. */
export interface ObjectMeta {
  name: string;
  generateName?: string;
  /** Absent or '' for cluster-scoped objects. */
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** Names a resource independent of its version: what the store, the change log and informers are keyed by. */
export interface GroupResource {
  /** '' for the core group. */
  group: string;
  /** Plural, lower case: 'pods', 'deployments'. */
  resource: string;
}

export interface GroupVersionResource extends GroupResource {
  version: string;
}

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

/** Names one object. `namespace` is '' for cluster-scoped objects. */
export interface ObjectKey extends GroupResource {
  namespace: string;
  name: string;
}

/** 'v1' for the core group, else 'group/version'. */
export function apiVersionOf(gv: { group: string; version: string }): string {
  return gv.group === '' ? gv.version : `${gv.group}/${gv.version}`;
}

/** Splits an apiVersion; 'v1' is the core group. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** 'pods' for the core group, else 'deployments.apps'. */
export function groupResourceName(gr: GroupResource): string {
  return gr.group === '' ? gr.resource : `${gr.resource}.${gr.group}`;
}

export { equal } from './equal.ts';
export * from './field-selector.ts';
export * from './int-or-string.ts';
export {
  type Cidr,
  contains,
  familyOf,
  formatCidr,
  formatIp,
  type IpAddress,
  type IpFamily,
  isMapped,
  parseCidr,
  parseIp,
} from './ip.ts';
export {
  type LabelOperator,
  type LabelRequirement,
  LabelSelector,
  type LabelSelectorSpec,
  type Labels,
  labelSelector,
  labelsSelector,
  SelectorError,
} from './label-selector.ts';
export * as names from './names.ts';
export { safeAlphabet } from './names.ts';
export * from './node-selector.ts';
export { parseLabelSelector } from './parse-label-selector.ts';
export { heldSpec } from './pod-held.ts';
export * from './pod-requests.ts';
export * from './pod-totals.ts';
export * from './qos.ts';
export * from './quantity.ts';
export * from './tolerations.ts';
export * from './totals.ts';
export { compareVersions } from './versions.ts';
