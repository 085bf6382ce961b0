import type { StepExecutor } from './contract.ts';
import { emit } from './failures.ts';

/** Tells users, once for each wait, that the next start of a container that keeps ending has to wait. */
export const noteBackOff: StepExecutor<'note-back-off'> = async ({ container, endedAt, until }, context) => {
  const { name, namespace, uid } = context.pod.metadata;
  const message = `Back-off restarting failed container ${container} in pod ${name}_${namespace}(${uid})`;
  emit(context, container, 'Warning', 'BackOff', message);
  context.memory.backOffNoted.set(container, { endedAt, until });
};
