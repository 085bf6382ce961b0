import type { FlowSchema, PriorityLevelConfiguration } from '../../schema/index.ts';

/** pkg/apis/flowcontrol/v1 defaults. */
export function setFlowSchemaDefaults({ spec }: FlowSchema): void {
  if (spec !== undefined) spec.matchingPrecedence ||= 1000;
}

export function setPriorityLevelDefaults({ spec }: PriorityLevelConfiguration): void {
  if (spec === undefined) return;
  if (spec.exempt !== undefined) {
    spec.exempt.nominalConcurrencyShares ??= 0;
    spec.exempt.lendablePercent ??= 0;
  }
  const { limited } = spec;
  if (limited === undefined) return;
  limited.nominalConcurrencyShares ??= 30;
  limited.lendablePercent ??= 0;
  const { queuing } = limited.limitResponse ?? {};
  if (queuing === undefined) return;
  queuing.queues ||= 64;
  queuing.handSize ||= 8;
  queuing.queueLengthLimit ||= 50;
}
