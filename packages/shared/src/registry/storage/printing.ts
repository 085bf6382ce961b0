import type { KubeObject } from '../../object/index.ts';

const betaClass = 'volume.beta.kubernetes.io/storage-class';

/** The class of a volume or claim: the annotation of old wins (component-helpers storage/volume GetPersistentVolumeClass). */
export function storageClassOf(object: KubeObject & { spec?: { storageClassName?: string } }): string {
  return object.metadata.annotations?.[betaClass] ?? object.spec?.storageClassName ?? '';
}

const shortModes: readonly (readonly [mode: string, short: string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

export function accessModesCell(modes: readonly string[] = []): string {
  return shortModes.flatMap(([mode, short]) => (modes.includes(mode) ? [short] : [])).join(',');
}

/** A deleted object that something still holds is shown as that. */
export function phaseCell(object: KubeObject & { status?: { phase?: string } }): string {
  return object.metadata.deletionTimestamp === undefined ? (object.status?.phase ?? '') : 'Terminating';
}
