import type { ServedResource } from '@kubus/shared/registry';
import type { AdmissionRequest } from '../contract.ts';
import { type EquivalentsOf, matchRules } from '../matching/match.ts';
import { type NamespaceOf, namespaceSelected, objectSelected } from '../matching/selectors.ts';
import type { Versioned } from '../matching/versioned.ts';
import type { Webhook } from './contract.ts';

/** Decides whether the match conditions of a webhook hold. Throws StatusError when that cannot be told and failures refuse. */
export type ConditionsHold = (
  webhook: Webhook,
  request: AdmissionRequest,
  versioned: Versioned,
  resource: ServedResource,
) => Promise<boolean>;

export interface SelectionOptions {
  namespaces: NamespaceOf;
  equivalents: EquivalentsOf;
  conditions: ConditionsHold;
}

/** Which version of the request a webhook is to be asked about; undefined: it is not concerned (webhook/generic ShouldCallHook). */
export class Selection {
  readonly #options: SelectionOptions;

  constructor(options: SelectionOptions) {
    this.#options = options;
  }

  async concerns(webhook: Webhook, versioned: Versioned): Promise<ServedResource | undefined> {
    const { request } = versioned;
    const { spec } = webhook;
    const resource = matchRules(spec.rules ?? [], spec.matchPolicy, request, this.#options.equivalents);
    if (resource === undefined) return undefined;
    if (!(await namespaceSelected(webhook.namespaceSelector, request, this.#options.namespaces))) return undefined;
    if (!webhook.objectSelector.isEverything) {
      const { object, old } = await versioned.as(resource);
      if (!objectSelected(webhook.objectSelector, object, old)) return undefined;
    }
    if ((spec.matchConditions ?? []).length === 0) return resource;
    return (await this.#options.conditions(webhook, request, versioned, resource)) ? resource : undefined;
  }
}
