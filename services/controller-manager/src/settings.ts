import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSecret } from '@kubus/shared/bootstrap';
import { commonSettings, duration, flag, SettingsError, streamSettings, wholeNumber } from '@kubus/shared/settings';
import { z } from 'zod';
import { nodeLifecycleEnvironment } from './node-lifecycle/index.ts';

/** The environment of a controller-manager replica. */
export const controllerManagerSettings = z.object({
  ...commonSettings,
  ...streamSettings,
  /** Holds ca.crt, which every namespace is given. */
  KUBUS_STATE_DIR: z.string(),
  ...nodeLifecycleEnvironment,
  /** Between two looks at one autoscaler (kube-controller-manager --horizontal-pod-autoscaler-sync-period). */
  KUBUS_HORIZONTAL_POD_AUTOSCALER_SYNC_PERIOD: duration
    .refine((ms) => ms >= 100, 'expected at least 100ms')
    .prefault('15s'),
  /** Pods that have ended and are kept; 0: all (kube-controller-manager --terminated-pod-gc-threshold). */
  KUBUS_TERMINATED_POD_GC_THRESHOLD: wholeNumber(0, 1_000_000).prefault('12500'),
  /** Whether maxUnavailable of StatefulSets counts (feature gate MaxUnavailableStatefulSet). */
  KUBUS_STATEFULSET_MAX_UNAVAILABLE: flag.prefault('false'),
});

export type ControllerManagerSettings = z.infer<typeof controllerManagerSettings>;

/** PEM. Throws SettingsError when it cannot be read. */
export async function readCaCertificate(stateDir: string): Promise<string> {
  const path = join(stateDir, 'ca.crt');
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new SettingsError([`KUBUS_STATE_DIR: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`]);
  }
}

/** PEM; undefined when there is none: then CertificateSigningRequests are left to others. */
export async function readCaKey(stateDir: string): Promise<string | undefined> {
  return readSecret(join(stateDir, 'ca.key'));
}
