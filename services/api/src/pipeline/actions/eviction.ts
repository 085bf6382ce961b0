import type { ApiResponse } from '@kubus/shared/bus';
import { notFound, StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { Pod, PodDisruptionBudget } from '@kubus/shared/schema';
import type { Operation } from '@kubus/shared/store';
import { admitWhole } from '../admission.ts';
import { keyOf, type StoredCall, untilOf } from '../call.ts';
import { decodeBody } from '../decode.ts';
import { deleteObject } from '../delete.ts';
import { deleteOptions } from '../delete-options.ts';
import { type Deps, timestamp } from '../deps.ts';
import { badRequest } from '../errors.ts';
import { writeOptions } from '../options.ts';
import { asError } from '../refusals.ts';
import { success } from '../subresources.ts';
import { budgetsOf, countsForBudgets, judge, withDisruptionTarget } from './disruption-budget.ts';

interface Eviction extends KubeObject {
  deleteOptions?: unknown;
}

const budgets = { group: 'policy', resource: 'poddisruptionbudgets' };

/** Deletes a pod on behalf of somebody who wants its node empty, if its disruption budget allows it (kubernetes.io: API-initiated Eviction). */
export async function evict(deps: Deps, call: StoredCall): Promise<ApiResponse> {
  const options = writeOptions(call.request.query, call.context.userAgent, 'CreateOptions');
  const expected = { group: 'policy', version: 'v1', kind: 'Eviction', schema: 'io.k8s.api.policy.v1.Eviction' };
  const request = { ...call.request, body: modern(call.request.body) };
  const eviction = decodeBody(expected, request, options.fieldValidation).object as Eviction;
  if (eviction.metadata.name && eviction.metadata.name !== call.name) {
    throw badRequest('name in URL does not match name in Eviction object');
  }
  const old = await deps.store.get(keyOf(call));
  if (old === undefined) throw notFound(call.resource, call.name);
  const asked = deleteOptions(eviction.deleteOptions, undefined);
  const dryRun = options.dryRun || asked.dryRun;
  await admitWhole(deps, call, {
    operation: 'CREATE',
    subresource: 'eviction',
    object: eviction,
    old,
    dryRun,
    options: 'CreateOptions',
  });
  const marked = await takeFromBudget(deps, call, dryRun, asked);
  // Marking has made a new revision of the one that was asked for.
  await deleteObject(deps, call, { ...asked, ...(marked ? { resourceVersion: undefined } : {}), dryRun });
  return { code: 201, body: success };
}

/** Books the disruption and marks the pod in one commit: of two evictions that want the last one, one is refused. True when the pod was marked. */
async function takeFromBudget(
  deps: Deps,
  call: StoredCall,
  dryRun: boolean,
  { uid, resourceVersion }: ReturnType<typeof deleteOptions>,
): Promise<boolean> {
  for (;;) {
    call.context.signal.throwIfAborted();
    const pod = (await deps.store.get(keyOf(call))) as Pod | undefined;
    if (pod === undefined) throw notFound(call.resource, call.name);
    const { metadata } = pod;
    // The deletion says of a wrong uid or revision what there is to say.
    if (
      (uid ?? metadata.uid) !== metadata.uid ||
      (resourceVersion ?? metadata.resourceVersion) !== metadata.resourceVersion
    ) {
      return false;
    }
    const now = timestamp(deps.clock.now());
    const taken = countsForBudgets(pod) ? await budgetOperation(deps, call, pod, now) : undefined;
    if (dryRun || metadata.deletionTimestamp !== undefined) return false;
    const marked = withDisruptionTarget(pod, now);
    const preconditions = { resourceVersion: metadata.resourceVersion as string };
    const mark: Operation = {
      type: 'update',
      key: keyOf(call),
      object: marked,
      preconditions,
      until: untilOf(call),
      ...call.strategy.footprint?.(marked),
    };
    const results = await deps.store.commit(taken === undefined ? [mark] : [taken, mark]);
    const refused = results.map((result) => (result.ok ? undefined : result.refusal)).filter((refusal) => refusal);
    if (refused.length === 0) return true;
    const other = refused.find((refusal) => refusal?.reason !== 'Conflict' && refusal?.reason !== 'Aborted');
    if (other?.reason === 'NotFound') continue;
    if (other !== undefined) throw asError(call.resource, call.name, other);
  }
}

async function budgetOperation(deps: Deps, call: StoredCall, pod: Pod, now: string): Promise<Operation | undefined> {
  const { namespace } = call;
  const { items } = await deps.store.list({ ...budgets, namespace });
  const [budget, ...more] = budgetsOf(pod, items as PodDisruptionBudget[]);
  if (budget === undefined) return undefined;
  if (more.length > 0) {
    const why = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new StatusError('InternalError', why);
  }
  const verdict = judge(budget, pod, now);
  if (verdict.free) return undefined;
  const key = { ...budgets, namespace, name: budget.metadata.name };
  const preconditions = { resourceVersion: budget.metadata.resourceVersion as string };
  return { type: 'update', key, object: verdict.take, preconditions };
}

/** Clients of before 1.22 send policy/v1beta1; it is the same but for its name. */
function modern(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const { apiVersion } = body as { apiVersion?: unknown };
  return apiVersion === 'policy/v1beta1' ? { ...body, apiVersion: 'policy/v1' } : body;
}
