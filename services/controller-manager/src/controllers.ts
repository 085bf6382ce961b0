import type { SigningAuthority } from '@kubus/shared/certificates';
import type { Controller } from '@kubus/shared/reconcile';
import { createBootstrapSignerController, createTokenCleanerController } from './bootstrap-token/index.ts';
import { createCertificateApprovalController } from './certificate-approval/index.ts';
import { createCertificateCleanerController } from './certificate-cleaner/index.ts';
import { createCertificateSigningController } from './certificate-signing/index.ts';
import type { ControllerContext } from './common/context.ts';
import type { ServedKind, ServedKinds } from './common/served-kinds.ts';
import { createConfigurationRolloutController } from './configuration-rollout/index.ts';
import { createCronJobController } from './cronjob/index.ts';
import { createDaemonSetController } from './daemonset/index.ts';
import { createDeploymentController } from './deployment/index.ts';
import { createDesiredSetController, type DesiredSetOptions } from './desired-set/index.ts';
import { createDisruptionController, createStaleDisruptionController } from './disruption/index.ts';
import { createFlowSchemaController } from './flow-schema/index.ts';
import { createHorizontalPodAutoscalerController } from './horizontal-pod-autoscaler/index.ts';
import { createJobController } from './job/index.ts';
import { createNamespaceController } from './namespace/index.ts';
import { createNodeLifecycleController, type NodeLifecycleSettings } from './node-lifecycle/index.ts';
import { createPodGcController } from './pod-gc/index.ts';
import { createReplicaSetController, createReplicationControllerController } from './replicaset/index.ts';
import { createServiceAccountController } from './service-account/index.ts';
import { createServiceCidrController } from './service-cidr/index.ts';
import { createStatefulSetController } from './statefulset/index.ts';
import { createClaimProtectionController, createVolumeProtectionController } from './storage-protection/index.ts';
import { createTaintEvictionController } from './taint-eviction/index.ts';
import { createTokenSecretController } from './token-secret/index.ts';
import { createTtlAfterFinishedController } from './ttl-after-finished/index.ts';

export interface ControllerOptions {
  kinds: ServedKinds;
  /** Those that learn of kinds while they run. */
  followers: readonly Controller[];
  caCertificate: string;
  /** PEM; undefined: nothing is signed. */
  caKey: string | undefined;
  nodeLifecycle: NodeLifecycleSettings;
  autoscalerSyncPeriodMs: number;
  terminatedPodThreshold: number;
  statefulSetMaxUnavailable: boolean;
  desiredSets: Pick<DesiredSetOptions, 'buckets' | 'apiFor'>;
}

/** Every controller of the controller-manager; a new one is a folder and a line here. */
export function createControllers(context: ControllerContext, options: ControllerOptions): Controller[] {
  const { kinds, followers, caCertificate, nodeLifecycle, terminatedPodThreshold, desiredSets } = options;
  const followed = followedKinds(kinds);
  return [
    createDeploymentController(context),
    createReplicaSetController(context),
    createJobController(context),
    createCronJobController(context),
    createTtlAfterFinishedController(context),
    createHorizontalPodAutoscalerController(context, { kinds, syncPeriodMs: options.autoscalerSyncPeriodMs }),
    createReplicationControllerController(context),
    createDaemonSetController(context),
    createStatefulSetController(context, {
      claims: has(followed, '', 'persistentvolumeclaims'),
      maxUnavailable: options.statefulSetMaxUnavailable,
    }),
    createConfigurationRolloutController(context),
    createDisruptionController(context, { kinds }),
    createStaleDisruptionController(context),
    ...followers,
    createNamespaceController(context, { kinds }),
    createServiceAccountController(context, { caCertificate }),
    createTokenSecretController(context, { caCertificate }),
    ...(has(followed, 'flowcontrol.apiserver.k8s.io', 'flowschemas') ? [createFlowSchemaController(context)] : []),
    ...(has(followed, 'networking.k8s.io', 'servicecidrs') ? [createServiceCidrController(context)] : []),
    createNodeLifecycleController(context, nodeLifecycle),
    createTaintEvictionController(context),
    createTokenCleanerController(context),
    createBootstrapSignerController(context),
    ...(has(followed, '', 'persistentvolumeclaims') ? storageProtection(context) : []),
    ...certificateControllers(context, options),
    createPodGcController(context, { terminatedThreshold: terminatedPodThreshold }),
    createDesiredSetController({
      ...desiredSets,
      kinds,
      informers: context.informers,
      followed: followed.filter(({ resource }) => resource !== 'leases').map(({ storage }) => storage),
      clock: context.clock,
    }),
  ];
}

function certificateControllers(
  context: ControllerContext,
  { caCertificate, caKey }: Pick<ControllerOptions, 'caCertificate' | 'caKey'>,
): Controller[] {
  const authority: SigningAuthority | undefined = caKey === undefined ? undefined : { cert: caCertificate, key: caKey };
  return [
    createCertificateApprovalController(context),
    createCertificateCleanerController(context),
    ...(authority === undefined ? [] : [createCertificateSigningController(context, authority)]),
  ];
}

const storageProtection = (context: ControllerContext): Controller[] => [
  createClaimProtectionController(context),
  createVolumeProtectionController(context),
];

const has = (followed: readonly ServedKind[], group: string, name: string): boolean =>
  followed.some((kind) => kind.group === group && kind.resource === name);

/** What informers follow: everything that is stored but events, which are many, and of which nothing depends. */
export function followedKinds(kinds: ServedKinds): ServedKind[] {
  return kinds.stored().filter(({ resource }) => resource !== 'events');
}
