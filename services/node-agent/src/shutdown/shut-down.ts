import type { Pod } from '@kubus/shared/schema';
import type { Logger } from '@kubus/shared/telemetry';
import type { Doom } from '../pod/doom.ts';
import type { Runtime } from '../runtime/contract.ts';
import { type ShutdownPeriod, shutdownGroups } from './plan.ts';

export interface ShutdownOptions {
  periods: readonly ShutdownPeriod[];
  pods(): Pod[];
  doom(uid: string, doom: Doom): void;
  runtime: Pick<Runtime, 'containers'>;
  log: Logger;
}

const message = 'Pod was terminated in response to imminent node shutdown.';

/** Ends the pods of the node, group after group; resolves when all have ended or their time is over. */
export async function shutDown({ periods, pods, doom, runtime, log }: ShutdownOptions): Promise<void> {
  const alive = pods().filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  for (const group of shutdownGroups(alive, periods)) {
    log.info({ pods: group.pods.length, seconds: group.seconds }, 'The node shuts down: pods are ended');
    for (const { metadata, spec } of group.pods)
      doom(metadata.uid ?? '', {
        ...{ reason: 'Terminated', message, disruption: { reason: 'TerminationByKubelet', message } },
        graceSeconds: Math.min(group.seconds, spec?.terminationGracePeriodSeconds ?? 30),
      });
    await ended(new Set(group.pods.map(({ metadata }) => metadata.uid ?? '')), group.seconds, runtime);
  }
}

async function ended(uids: ReadonlySet<string>, seconds: number, runtime: ShutdownOptions['runtime']): Promise<void> {
  // A little longer than they have: those that are killed need a moment.
  const until = performance.now() + (seconds + 2) * 1000;
  const run = async () =>
    (await runtime.containers()).some((r) => uids.has(r.podUid) && r.container !== '' && r.state === 'running');
  while (performance.now() < until && (await run())) await new Promise((resolve) => setTimeout(resolve, 100));
}
