import type { KubeObject } from '@kubus/shared/object';
import type { UpdateRules } from '@kubus/shared/registry';
import type { View } from '../admission/index.ts';
import type { StoredCall } from './call.ts';

/** What is to become of the object, given what it is now. `lock`: the revision the client insists on. The argument must not be changed. */
export interface Change {
  produce(old: KubeObject): Produced | Promise<Produced>;
}

export interface Produced {
  /** In the stored version, defaulted; the update's own to change. */
  object: KubeObject;
  /** The client saw this revision and will have no other. */
  lock?: string | undefined;
  /** managedFields are those of `object` already (apply). */
  tracked?: boolean;
}

export interface UpdateSpec {
  rules: UpdateRules & { validate?(object: KubeObject): ReturnType<NonNullable<StoredCall['strategy']['validate']>> };
  /** '' for the object itself. */
  subresource: string;
  countsForGeneration: boolean;
  /** Paths that it does not reach, for applies. */
  resetFields?: readonly (readonly string[])[] | undefined;
  /** Charges that exceed their limit refuse the update. */
  enforceCharges?: boolean;
  /** How admission sees the object: as clients of the subresource do. */
  view?: View;
  /** Admission has had its say about the body that this update carries out. */
  admitted?: boolean;
}

/** The rules by which the object itself is updated. */
export function mainUpdate(call: StoredCall): UpdateSpec {
  return { rules: call.strategy, subresource: '', countsForGeneration: true };
}

/** The revision that who writes insists on; 0 stands for whatever is there, as in Kubernetes. */
export const lockOn = (resourceVersion: string | undefined): string | undefined =>
  resourceVersion === '' || resourceVersion === '0' ? undefined : resourceVersion;
