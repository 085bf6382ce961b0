import type { LifecycleHandler } from '@kubus/shared/schema';
import type { Runtime } from '../runtime/contract.ts';
import type { Target } from './contract.ts';
import { execCommand } from './exec.ts';
import { httpGet, httpGetOf } from './http-get.ts';

const userAgent = 'kube-lifecycle/1.36';
/** A hook is only bounded by the grace period of its container, or not at all. */
const longestMs = 2 ** 31 - 1;

/** Carries out a hook (Kubernetes: "Container Lifecycle Hooks"). Rejects when it fails; resolves early when it is given up. */
export async function runHook(
  runtime: Pick<Runtime, 'exec'>,
  handler: LifecycleHandler,
  target: Target,
  signal: AbortSignal,
): Promise<void> {
  const { exec, httpGet: http, sleep } = handler;
  if (exec !== undefined) {
    const { code, output } = await execCommand(runtime, target.id, exec.command ?? [], {
      timeoutMs: longestMs,
      signal,
    });
    if (code !== undefined && code !== 0) throw new Error(`command exited with ${code}: ${output}`);
    return;
  }
  if (http !== undefined) {
    const outcome = await httpGet({ ...httpGetOf(http, target, userAgent), timeoutMs: longestMs, signal });
    // kubelet: a hook is done once somebody has answered, whatever the status.
    const unheard = outcome.result === 'failure' && outcome.answered !== true;
    if (unheard && !signal.aborted) throw new Error(outcome.output);
    return;
  }
  if (sleep !== undefined) return pause(sleep.seconds * 1000, signal);
  // tcpSocket was never carried out by any kubelet.
  throw new Error('invalid handler');
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.min(ms, longestMs));
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
