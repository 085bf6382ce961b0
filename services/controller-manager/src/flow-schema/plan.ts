import type { FlowSchema, FlowSchemaCondition } from '@kubus/shared/schema';

/**
 * The conditions of a flow schema that say whether its priority level is there; undefined when they say so already (apiserver/pkg/util/flowcontrol
 * presyncFlowSchemaStatus).
 */
export function plan(schema: FlowSchema, exists: boolean, now: string): FlowSchemaCondition[] | undefined {
  const conditions = schema.status?.conditions ?? [];
  const wanted = describe(schema.spec?.priorityLevelConfiguration.name ?? '', exists);
  const old = conditions.find(({ type }) => type === 'Dangling');
  if (old?.status === wanted.status && old.reason === wanted.reason && old.message === wanted.message) return undefined;
  const since = old?.status === wanted.status ? old.lastTransitionTime : undefined;
  const condition: FlowSchemaCondition = { type: 'Dangling', ...wanted, lastTransitionTime: since ?? now };
  return [...conditions.filter(({ type }) => type !== 'Dangling'), condition];
}

function describe(level: string, exists: boolean): { status: string; reason: string; message: string } {
  const refers = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  return exists
    ? { status: 'False', reason: 'Found', message: `${refers} and it exists` }
    : { status: 'True', reason: 'NotFound', message: `${refers} but there is no such object` };
}
