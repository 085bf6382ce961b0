import type { Container, Pod } from '@kubus/shared/schema';
import type { ContainerRecord } from '../runtime/contract.ts';

type Rule = NonNullable<Container['restartPolicyRules']>[number];

/** The first rule of the container for this exit code (KEP-5307). */
export function ruleFor(container: Container, exitCode: number): Rule | undefined {
  return container.restartPolicyRules?.find(({ exitCodes }) => {
    if (exitCodes === undefined) return false;
    const listed = (exitCodes.values ?? []).includes(exitCode);
    return exitCodes.operator === 'In' ? listed : exitCodes.operator === 'NotIn' && !listed;
  });
}

const containersOf = ({ spec }: Pod): Container[] => [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];

/** A rule of the pod may restart all its containers at once (KEP-5532). */
export const mayRestartAll = (pod: Pod): boolean =>
  containersOf(pod).some(({ restartPolicyRules }) =>
    restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'),
  );

/**
 * The round that the pod is in: an end that restarts all containers begins the next one. It is read off the containers themselves, each of which
 * says in which round it was made, so an agent that starts in the middle goes on where the last one stopped.
 */
export function roundOf(pod: Pod, records: readonly ContainerRecord[]): number {
  const made = Math.max(0, ...records.map(({ round = 0 }) => round));
  if (!mayRestartAll(pod)) return made;
  const containers = new Map(containersOf(pod).map((container) => [container.name, container]));
  const endsIt = ({ container, state, exitCode = 0, round = 0 }: ContainerRecord) => {
    const spec = containers.get(container);
    return (
      round === made &&
      state === 'exited' &&
      spec !== undefined &&
      ruleFor(spec, exitCode)?.action === 'RestartAllContainers'
    );
  };
  return records.some(endsIt) ? made + 1 : made;
}
