import { expect } from 'vitest';
import { StatusError } from '../../../errors/index.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../../object/index.ts';
import type { ConfigMap } from '../../generated/types.ts';
import { type Applied, type ApplyOptions, applyObject } from '../apply-object.ts';
import { trackUpdate } from '../track-update.ts';

export const types = {
  Deployment: 'io.k8s.api.apps.v1.Deployment',
  ConfigMap: 'io.k8s.api.core.v1.ConfigMap',
  Pod: 'io.k8s.api.core.v1.Pod',
  Service: 'io.k8s.api.core.v1.Service',
};
export const t0 = '2026-01-01T00:00:00Z';
export const t1 = '2026-01-01T00:00:01Z';

type Options = Partial<ApplyOptions> & { at?: string };

/** Neither what lives nor the configuration may be changed by it. */
export function apply<T extends KubeObject>(
  manager: string,
  live: T | undefined,
  config: object,
  options: Options = {},
): Applied<T> {
  const type = types[(config as KubeObject).kind as keyof typeof types];
  const before = JSON.stringify([live, config]);
  const { at = t0, ...rest } = options;
  const applied = applyObject<T>(type, live, config, { manager, now: at, ...(rest as Partial<ApplyOptions<T>>) });
  expect(JSON.stringify([live, config])).toBe(before);
  return applied;
}

export function update<T extends KubeObject>(
  manager: string,
  live: T | undefined,
  next: T,
  rest: { subresource?: string; at?: string } = {},
): T {
  const { at = t0, ...writer } = rest;
  return trackUpdate(types[next.kind as keyof typeof types], live, next, { manager, now: at, ...writer });
}

export const configMap = (data: Record<string, string>, labels?: Record<string, string>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', namespace: 'n', ...(labels === undefined ? {} : { labels }) },
  data,
});
export const stored = <T extends KubeObject>(object: T): T => ({
  ...object,
  metadata: { ...object.metadata, uid: 'u' },
});
export const fieldsOf = (object: KubeObject, manager: string): unknown =>
  object.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;
export const entriesOf = (object: KubeObject): Partial<ManagedFieldsEntry>[] =>
  (object.metadata.managedFields ?? []).map(({ fieldsV1: _, fieldsType: __, ...entry }) => entry);

export function refusal(act: () => unknown): StatusError {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error('accepted');
}
