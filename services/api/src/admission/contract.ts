import type { GroupResource, KubeObject } from '@kubus/shared/object';
import type { ServedResource } from '@kubus/shared/registry';
import type { UserInfo } from '../authn/index.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What admission is asked about. `object` is in its stored form, defaulted, and may be changed by `admit`. */
export interface AdmissionRequest {
  operation: AdmissionOperation;
  resource: ServedResource;
  /** '' for the object itself. */
  subresource: string;
  namespace: string;
  /** '' for a creation by generateName. */
  name: string;
  user: UserInfo;
  /** After the change; of a subresource with a body of its own (binding, eviction, token) that body. Absent for deletions. */
  object?: KubeObject;
  /** Before the change; of a subresource the object it belongs to. */
  old?: KubeObject;
  dryRun: boolean;
}

/** One concern. Refuses by throwing a StatusError; without a promise where it need not wait. */
export interface AdmissionPlugin {
  /** Kubernetes' name of it. */
  readonly name: string;
  /** Asked once per resource, subresource and operation. */
  concerns(resource: GroupResource, subresource: string, operation: AdmissionOperation): boolean;
  /** May change `request.object`. */
  admit?(request: AdmissionRequest): void | Promise<void>;
  /** Sees what will be committed. */
  validate?(request: AdmissionRequest): void | Promise<void>;
}
