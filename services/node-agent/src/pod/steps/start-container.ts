import { CommandError, ContainerStartError } from '../../runtime/contract.ts';
import { noteStart, noteStarted, type StepContext, type StepExecutor, takeBackStart } from './contract.ts';
import { emit, failed, messageOf, sandboxFailed, succeeded } from './failures.ts';

/** Starts what was made before, by an agent that ended between the two. */
export const startContainer: StepExecutor<'start-container'> = async ({ id, container }, context) => {
  const { runtime, limit } = context;
  if (hasSubPath(context, container)) {
    // What its agent had bound for the start may be there no more: it is made anew.
    await runtime.remove(id);
    return;
  }
  try {
    const attempt = context.observed.records.find((record) => record.id === id)?.attempt ?? 0;
    await noteStart(context, container, attempt);
    await limit(container === '' ? 'sandbox' : 'container', () => begin(context, id, container));
    noteStarted(context, container, attempt);
    succeeded(context, container);
  } catch (error) {
    if (!(error instanceof ContainerStartError)) throw error;
    // What cannot be started is made anew.
    await runtime.remove(id);
    await takeBackStart(context, container);
    if (container === '') return sandboxFailed(context, error);
    emit(context, container, 'Warning', 'Failed', `Error: ${messageOf(error)}`);
    failed(context, container, 'RunContainerError', messageOf(error));
  }
};

/** Starts a container. One whose command cannot be executed has ended with that, as a container of kubelet has. */
export async function begin(context: StepContext, id: string, container: string): Promise<void> {
  try {
    await context.runtime.start(id);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    emit(context, container, 'Warning', 'Failed', `Error: ${messageOf(error)}`);
    return;
  }
  if (container !== '') emit(context, container, 'Normal', 'Started', 'Container started');
}

function hasSubPath({ observed }: StepContext, container: string): boolean {
  const mounts = observed.containers.find(({ spec }) => spec.name === container)?.spec.volumeMounts ?? [];
  return mounts.some(({ subPath = '', subPathExpr = '' }) => subPath !== '' || subPathExpr !== '');
}
