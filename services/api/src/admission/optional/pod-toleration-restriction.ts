import type { Pod, Toleration } from '@kubus/shared/schema';
import { z } from 'zod';
import { parseConfigurationFile } from '../../configuration-file.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { refusal } from '../refuse.ts';
import type { NamespaceNamed } from './namespaces.ts';
import { concernsPods, containersOf } from './pods.ts';

const annotations = {
  default: 'scheduler.alpha.kubernetes.io/defaultTolerations',
  whitelist: 'scheduler.alpha.kubernetes.io/tolerationsWhitelist',
};

/** What holds where a namespace says nothing; an empty whitelist forbids nothing. */
export interface TolerationLists {
  default: readonly Toleration[];
  whitelist: readonly Toleration[];
}

/** Kubernetes: PodTolerationRestriction. Pods bear what their namespace's annotation says, and nothing that is not on its list. */
export class PodTolerationRestriction implements AdmissionPlugin {
  readonly name = 'PodTolerationRestriction';
  readonly concerns = concernsPods('CREATE', 'UPDATE');
  readonly #namespaceNamed: NamespaceNamed;
  readonly #lists: TolerationLists;

  constructor(namespaceNamed: NamespaceNamed, lists: TolerationLists = { default: [], whitelist: [] }) {
    this.#namespaceNamed = namespaceNamed;
    this.#lists = lists;
  }

  async admit(request: AdmissionRequest): Promise<void> {
    const pod = request.object as Pod;
    if (pod.spec === undefined) return;
    const added = request.operation === 'CREATE' ? await this.#list(request, 'default') : [];
    const pressure = isBestEffort(pod) ? [] : [memoryPressure];
    const merged = mergeTolerations([...added, ...(pod.spec.tolerations ?? []), ...pressure]);
    if (merged.length > 0) pod.spec.tolerations = merged;
  }

  async validate(request: AdmissionRequest): Promise<void> {
    const { tolerations = [] } = (request.object as Pod).spec ?? {};
    if (tolerations.length === 0) return;
    const whitelist = await this.#list(request, 'whitelist');
    if (whitelist.length === 0 || tolerations.every((one) => whitelist.some((listed) => covers(listed, one)))) return;
    throw refusal(
      request,
      'pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist',
    );
  }

  async #list(request: AdmissionRequest, which: keyof TolerationLists): Promise<readonly Toleration[]> {
    const { metadata } = await this.#namespaceNamed(request.namespace);
    const text = metadata.annotations?.[annotations[which]];
    if (!text) return this.#lists[which];
    const parsed = tolerations.safeParse(jsonOf(text));
    if (!parsed.success)
      throw refusal(request, `annotation ${annotations[which]} of the namespace holds no tolerations`);
    return parsed.data;
  }
}

const memoryPressure: Toleration = {
  key: 'node.kubernetes.io/memory-pressure',
  operator: 'Exists',
  effect: 'NoSchedule',
};

const isBestEffort = (pod: Pod): boolean =>
  containersOf(pod).every(({ resources }) =>
    [resources?.requests, resources?.limits].every((amounts) => Object.keys(amounts ?? {}).length === 0),
  );

/** Each once, in their order; what another one includes is left out. */
export function mergeTolerations(all: readonly Toleration[]): Toleration[] {
  return all.filter((one, at) =>
    all.every((other, i) => i === at || !covers(other, one) || (covers(one, other) && at < i)),
  );
}

/** Whether whoever bears `wide` bears `narrow` (pkg/util/tolerations isSuperset). */
export function covers(wide: Toleration, narrow: Toleration): boolean {
  if (wide.effect && wide.effect !== narrow.effect) return false;
  if (wide.effect === 'NoExecute' && wide.tolerationSeconds !== undefined) {
    if (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > wide.tolerationSeconds) return false;
  }
  const isAny = wide.operator === 'Exists';
  if (isAny && !wide.key) return true;
  if ((wide.key ?? '') !== (narrow.key ?? '')) return false;
  return isAny || (narrow.operator !== 'Exists' && (wide.value ?? '') === (narrow.value ?? ''));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const tolerations = z.array(
  z.strictObject({
    key: z.string().exactOptional(),
    operator: z.enum(['Exists', 'Equal']).exactOptional(),
    value: z.string().exactOptional(),
    effect: z.enum(['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute']).exactOptional(),
    tolerationSeconds: z.number().int().exactOptional(),
  }),
);

const file = z.strictObject({
  apiVersion: z.literal('podtolerationrestriction.admission.k8s.io/v1alpha1'),
  kind: z.literal('Configuration'),
  default: tolerations.default([]),
  whitelist: tolerations.default([]),
});

/** Throws SettingsError. */
export function parseTolerationLists(text: string, where: string): TolerationLists {
  return parseConfigurationFile(file, text, where);
}
