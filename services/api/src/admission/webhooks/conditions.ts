import { REQUEST_BUDGET } from '@kubus/shared/cel';
import type { Authorizer } from '../../authz/index.ts';
import { bindingsOf } from '../expressions/activation.ts';
import { MatchConditions } from '../expressions/conditions.ts';
import type { NamespaceOf } from '../matching/selectors.ts';
import { refusal } from '../refuse.ts';
import type { WebhookSpec } from './contract.ts';
import type { ConditionsHold } from './selection.ts';

/** The match conditions of webhooks, compiled when they are first asked for. */
export function webhookConditions(authorizer: Authorizer, namespaces: NamespaceOf): ConditionsHold {
  const compiled = new WeakMap<WebhookSpec, MatchConditions>();
  return async ({ spec }, request, versioned, resource) => {
    let conditions = compiled.get(spec);
    if (conditions === undefined) {
      conditions = new MatchConditions(spec.matchConditions ?? [], false);
      compiled.set(spec, conditions);
    }
    const namespace = request.namespace === '' ? undefined : await namespaces(request.namespace);
    const activation = { request, shown: await versioned.as(resource), resource, authorizer, namespace };
    const result = conditions.evaluate(bindingsOf(activation), { remaining: REQUEST_BUDGET });
    if ('matches' in result) return result.matches;
    if (spec.failurePolicy === 'Ignore') return false;
    throw refusal(request, result.error);
  };
}
