import type { KubeObject } from '@kubus/shared/object';

interface Reference {
  name?: string;
}

interface ContainerLike {
  envFrom?: { configMapRef?: Reference; secretRef?: Reference }[];
  env?: { valueFrom?: { configMapKeyRef?: Reference; secretKeyRef?: Reference } }[];
}

interface VolumeLike {
  secret?: { secretName?: string };
  configMap?: Reference;
  projected?: { sources?: { secret?: Reference; configMap?: Reference }[] };
  csi?: { nodePublishSecretRef?: Reference };
  cephfs?: { secretRef?: Reference };
  rbd?: { secretRef?: Reference };
  iscsi?: { secretRef?: Reference };
  flexVolume?: { secretRef?: Reference };
  scaleIO?: { secretRef?: Reference };
  storageos?: { secretRef?: Reference };
  azureFile?: { secretName?: string };
  persistentVolumeClaim?: { claimName?: string };
}

export interface PodLike extends KubeObject {
  spec?: {
    nodeName?: string;
    serviceAccountName?: string;
    serviceAccount?: string;
    imagePullSecrets?: Reference[];
    containers?: ContainerLike[];
    initContainers?: ContainerLike[];
    ephemeralContainers?: ContainerLike[];
    volumes?: VolumeLike[];
  };
}

/** The objects that a pod needs to run, and that its node may therefore read. */
export interface PodReferences {
  secrets: Set<string>;
  configmaps: Set<string>;
  serviceaccounts: Set<string>;
  persistentvolumeclaims: Set<string>;
}

/** Names, in the pod's own namespace (pkg/api/v1/pod VisitPodSecretNames and VisitPodConfigmapNames). */
export function podReferences(pod: PodLike): PodReferences {
  const spec = pod.spec ?? {};
  const found: PodReferences = {
    secrets: new Set(),
    configmaps: new Set(),
    serviceaccounts: new Set(),
    persistentvolumeclaims: new Set(),
  };
  add(found.serviceaccounts, spec.serviceAccountName);
  for (const secret of spec.imagePullSecrets ?? []) add(found.secrets, secret.name);
  for (const containers of [spec.initContainers, spec.containers, spec.ephemeralContainers]) {
    for (const container of containers ?? []) visitContainer(container, found);
  }
  for (const volume of spec.volumes ?? []) visitVolume(volume, found);
  return found;
}

function visitContainer(container: ContainerLike, found: PodReferences): void {
  for (const source of container.envFrom ?? []) {
    add(found.configmaps, source.configMapRef?.name);
    add(found.secrets, source.secretRef?.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    add(found.configmaps, valueFrom?.configMapKeyRef?.name);
    add(found.secrets, valueFrom?.secretKeyRef?.name);
  }
}

function visitVolume(volume: VolumeLike, found: PodReferences): void {
  const { cephfs, rbd, iscsi, flexVolume, scaleIO, storageos } = volume;
  add(found.secrets, volume.secret?.secretName);
  add(found.secrets, volume.azureFile?.secretName);
  add(found.secrets, volume.csi?.nodePublishSecretRef?.name);
  for (const source of [cephfs, rbd, iscsi, flexVolume, scaleIO, storageos])
    add(found.secrets, source?.secretRef?.name);
  add(found.configmaps, volume.configMap?.name);
  for (const source of volume.projected?.sources ?? []) {
    add(found.secrets, source.secret?.name);
    add(found.configmaps, source.configMap?.name);
  }
  add(found.persistentvolumeclaims, volume.persistentVolumeClaim?.claimName);
}

function add(names: Set<string>, name: string | undefined): void {
  if (name !== undefined && name !== '') names.add(name);
}
