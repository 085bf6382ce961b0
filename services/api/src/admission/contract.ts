import type { GroupResource, KubeObject } from '@kubus/shared/object';
import type { ServedResource } from '@kubus/shared/registry';
import type { UserInfo } from '../authn/index.ts';
import type { Notes } from './notes.ts';
import type { Rounds } from './reinvocation.ts';

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
  /**
   * After the change; of a subresource with a body of its own (binding, eviction, token, exec) that body. Absent for deletions. A plugin that
   * admits may put another object in its place.
   */
  object?: KubeObject;
  /** Before the change; of a subresource the object it belongs to. */
  old?: KubeObject;
  dryRun: boolean;
  /** The options of the write as the client gave them. Absent for connections. */
  options?: OptionsOf;
  /** Of a subresource that shows a part of the object in a form of its own (scale): that form. */
  view?: View;
  notes: Notes;
  /** Ends with the request. */
  signal: AbortSignal;
  /** Set by the chain. */
  rounds?: Rounds;
}

/** meta.k8s.io/v1 options: from the query, or for deletions from the body. */
export interface OptionsOf {
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';
  query?: Readonly<Record<string, string>> | undefined;
  body?: unknown;
}

export interface View {
  /** What clients see of the object. */
  of(object: KubeObject): KubeObject;
  /** Carries what may be changed in the view over to the object. */
  put(object: KubeObject, view: KubeObject): void;
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
