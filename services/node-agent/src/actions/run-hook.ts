import type { LifecycleHandler } from '@kubus/shared/schema';
import type { Runtime } from '../runtime/contract.ts';
import type { HookEnd, Outcome, Target } from './contract.ts';
import { execCommand } from './exec.ts';
import { type Get, httpGet, httpGetOf } from './http-get.ts';

const userAgent = 'kube-lifecycle/1.36';
/** A hook is only bounded by the grace period of its container, or not at all. */
const longestMs = 2 ** 31 - 1;

/** Carries out a hook (Kubernetes: "Container Lifecycle Hooks"). Rejects when it fails; resolves early when it is given up. */
export async function runHook(
  runtime: Pick<Runtime, 'exec'>,
  handler: LifecycleHandler,
  target: Target,
  signal: AbortSignal,
): Promise<HookEnd> {
  const { exec, httpGet: http, sleep } = handler;
  if (exec !== undefined) {
    const { code, output } = await execCommand(runtime, target.id, exec.command ?? [], {
      timeoutMs: longestMs,
      signal,
    });
    if (code !== undefined && code !== 0) throw new Error(`command exited with ${code}: ${output}`);
    return {};
  }
  if (http !== undefined) return ask({ ...httpGetOf(http, target, userAgent), timeoutMs: longestMs }, signal);
  if (sleep !== undefined) {
    await pause(sleep.seconds * 1000, signal);
    return {};
  }
  // tcpSocket was never carried out by any kubelet.
  throw new Error('invalid handler');
}

/** kubelet: a hook is done once somebody has answered, whatever the status; hooks from before 1.26 named HTTPS where HTTP was spoken. */
async function ask(get: Get, signal: AbortSignal): Promise<HookEnd> {
  const isHeard = ({ result, answered }: Outcome) => result !== 'failure' || answered === true || signal.aborted;
  const outcome = await httpGet({ ...get, signal });
  if (isHeard(outcome)) return {};
  if (outcome.plainServer === true && isHeard(await httpGet({ ...inTheClear(get), signal })))
    return { plainInstead: `${get.url.hostname}:${get.url.port || 443}` };
  throw new Error(outcome.output);
}

/** At the same port, and without what is nobody else's business. */
function inTheClear(get: Get): Get {
  const url = new URL(get.url);
  url.protocol = 'http:';
  url.port = get.url.port || '443';
  return { ...get, url, headers: get.headers.filter(([name]) => name.toLowerCase() !== 'authorization') };
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
