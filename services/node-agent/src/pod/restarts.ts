import type { Pod } from '@kubus/shared/schema';
import type { ObservedContainer } from './observe.ts';
import { ruleFor } from './rounds.ts';

/**
 * Whether a container that has ended is started again (Kubernetes: restartPolicy of the pod, of the container and its rules, KEP-5307; sidecars always,
 * init containers until they succeed).
 */
export function restarts(pod: Pod, container: ObservedContainer): boolean {
  const { latest, spec, kind } = container;
  if (kind === 'ephemeral') return false;
  if (kind === 'sidecar' || container.replaced || container.outdated) return true;
  const code = latest?.exitCode ?? 0;
  const failed = code !== 0 || container.unhealthy;
  const rule = ruleFor(spec, code);
  if (kind === 'init' && !failed) return false;
  if (rule?.action === 'Restart') return true;
  const policy = spec.restartPolicy ?? pod.spec?.restartPolicy ?? 'Always';
  if (kind === 'init') return policy !== 'Never';
  return policy === 'Always' || (policy === 'OnFailure' && failed);
}
