import type { Cgroup } from '../../runtime/cgroup.ts';
import { ContainerStartError } from '../../runtime/contract.ts';
import { resizeMessage } from '../resize.ts';
import type { StepContext, StepExecutor } from './contract.ts';
import { emit, messageOf } from './failures.ts';

/** Gives a running container its new limits (KEP-1287). */
export const resizeContainer: StepExecutor<'resize-container'> = async ({ id, container, to }, context) => {
  const { runtime, memory } = context;
  try {
    await refuseBelowUsage(id, container, to, context);
    await runtime.update(id, to);
    memory.resizeRetryAt.delete(container);
  } catch (error) {
    if (!(error instanceof ContainerStartError)) throw error;
    resizeFailed(container, messageOf(error), context);
  }
};

/** The kernel would kill a process of a container whose limit is set below what it uses (KEP-1287, "Memory Limit Decreases"). */
async function refuseBelowUsage(
  id: string,
  container: string,
  { memoryBytes: limit }: Cgroup,
  { observed, memoryUsage }: StepContext,
): Promise<void> {
  const before = observed.containers.find(({ spec }) => spec.name === container)?.latest?.cgroup?.memoryBytes ?? 0;
  if (limit === 0 || (before !== 0 && limit >= before)) return;
  const usage = (await memoryUsage?.(id)) ?? 0;
  if (usage < limit) return;
  throw new ContainerStartError(
    `attempting to set container "${container}" memory limit (${limit}) below current usage (${usage})`,
  );
}

/** Told once: it is tried again until it succeeds. */
function resizeFailed(container: string, message: string, context: StepContext): void {
  const { memory, now, pod, retryMs } = context;
  memory.resizeRetryAt.set(container, now() + retryMs);
  const generation = memory.resizing?.generation;
  if (memory.resizing?.error === message) return;
  memory.resizing = { generation, error: message };
  emit(context, '', 'Warning', 'ResizeError', resizeMessage('error', pod, generation, message));
}
