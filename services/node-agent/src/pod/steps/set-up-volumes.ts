import { volumesWish } from '../volumes-wish.ts';
import type { StepExecutor } from './contract.ts';
import { emit } from './failures.ts';

/** kubelet: durationBeforeRetry of volume operations. */
const firstRetryMs = 500;
const longestRetryMs = 122_000;

/** Brings the pod's volumes in order; content that depends on the pod's labels and the like follows them. */
export const setUpVolumes: StepExecutor<'set-up-volumes'> = async (_, context) => {
  const { pod, volumes, now } = context;
  const known = context.memory.volumes;
  const wish = volumesWish(pod);
  const wake = () => {
    // Something that was missing is there: no need to wait for the next try. Content that only follows its sources needs no round.
    if (known.wish !== undefined) return;
    known.retryAt = 0;
    context.wake();
  };
  const failures = await volumes.setUp(pod, wake);
  if (failures.length === 0) {
    known.wish = wish;
    known.failures = 0;
    return;
  }
  for (const { volume, message } of failures)
    emit(context, '', 'Warning', 'FailedMount', `MountVolume.SetUp failed for volume "${volume}" : ${message}`);
  known.retryAt = now() + Math.min(firstRetryMs * 2 ** known.failures, longestRetryMs);
  known.failures += 1;
};
