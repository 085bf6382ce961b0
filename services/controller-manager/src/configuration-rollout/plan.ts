import { createHash, createHmac } from 'node:crypto';
import type { ConfigMap, Secret } from '@kubus/shared/schema';
import { canonicalJson } from '../common/equality.ts';
import type { Reference } from './references.ts';

/** On a Deployment, StatefulSet or DaemonSet, 'true': its pods are replaced when the configuration that they use changes. */
export const optInAnnotation = 'kubus.io/rollout-on-configuration-change';
/** On the workload: of which configuration it is known. On its template: of which one its last such rollout was. */
export const hashAnnotation = 'kubus.io/configuration-hash';

export interface Used {
  reference: Reference;
  object: ConfigMap | Secret | undefined;
}

export type Step =
  | { type: 'none' }
  /** The configuration is seen for the first time: nothing has changed. */
  | { type: 'record'; hash: string }
  | { type: 'rollOut'; hash: string };

/** What to do about the configuration as it is. While something that pods cannot start without is missing, nothing. */
export function plan(known: string | undefined, used: readonly Used[]): Step {
  if (used.some(({ reference, object }) => object === undefined && !reference.optional)) return { type: 'none' };
  const hash = hashOf(used);
  if (known === hash) return { type: 'none' };
  return { type: known === undefined ? 'record' : 'rollOut', hash };
}

function hashOf(used: readonly Used[]): string {
  const parts = used.map(({ reference: { resource, name }, object }) => [resource, name, digest(object)]);
  return createHash('sha256').update(canonicalJson(parts)).digest('hex').slice(0, 32);
}

/**
 * Data alone: labels do not reach pods. That of a Secret is keyed by its uid, so that whoever can read a workload cannot try out guesses of
 * a password; a Secret that is made anew therefore counts as changed.
 */
function digest(object: ConfigMap | Secret | undefined): string {
  if (object === undefined) return '';
  const key = object.kind === 'Secret' ? (object.metadata.uid ?? '') : '';
  const { data, binaryData } = object as ConfigMap;
  return createHmac('sha256', key)
    .update(canonicalJson([data, binaryData]))
    .digest('hex');
}
