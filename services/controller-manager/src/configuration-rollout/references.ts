import type { Container, EphemeralContainer, Volume } from '@kubus/shared/schema';
import type { PodTemplateSpec } from '../common/types.ts';

/** A ConfigMap or Secret that a template uses. */
export interface Reference {
  resource: 'configmaps' | 'secrets';
  name: string;
  /** Pods start without it. */
  optional: boolean;
}

/** Each object once, in the order of names; optional only if every use is. What images are pulled with is not configuration. */
export function referencesOf(template: PodTemplateSpec): Reference[] {
  const { containers = [], initContainers = [], volumes = [] } = template.spec ?? {};
  const all = [
    ...[...containers, ...initContainers].flatMap(ofContainer),
    ...(volumes as readonly Volume[]).flatMap(ofVolume),
  ].filter(({ name }) => name !== '');
  const merged = new Map<string, Reference>();
  for (const reference of all) {
    const key = keyOf(reference);
    const optional = reference.optional && (merged.get(key)?.optional ?? true);
    merged.set(key, { ...reference, optional });
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, reference]) => reference);
}

const keyOf = ({ resource, name }: Reference): string => `${resource}/${name}`;

interface Source {
  name?: string;
  optional?: boolean;
}

const refer = (resource: Reference['resource'], source: Source | undefined): Reference[] =>
  source === undefined ? [] : [{ resource, name: source.name ?? '', optional: source.optional === true }];

function ofContainer({ env = [], envFrom = [] }: Container | EphemeralContainer): Reference[] {
  return [
    ...env.flatMap(({ valueFrom }) => [
      ...refer('configmaps', valueFrom?.configMapKeyRef),
      ...refer('secrets', valueFrom?.secretKeyRef),
    ]),
    ...envFrom.flatMap(({ configMapRef, secretRef }) => [
      ...refer('configmaps', configMapRef),
      ...refer('secrets', secretRef),
    ]),
  ];
}

function ofVolume({ configMap, secret, projected }: Volume): Reference[] {
  return [
    ...refer('configmaps', configMap),
    ...(secret === undefined ? [] : refer('secrets', { ...secret, name: secret.secretName ?? '' })),
    ...(projected?.sources ?? []).flatMap((source) => [
      ...refer('configmaps', source.configMap),
      ...refer('secrets', source.secret),
    ]),
  ];
}
