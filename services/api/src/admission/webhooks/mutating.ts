import { StatusError } from '@kubus/shared/errors';
import { cloneJson, type JsonObject, jsonEqual, jsonPatch } from '@kubus/shared/schema';
import { messageOf } from '../../outbound/index.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { isExempt } from '../matching/rules.ts';
import { type ObjectForms, Versioned } from '../matching/versioned.ts';
import { type Memory, memoryOf } from '../reinvocation.ts';
import type { Caller, Question } from './caller.ts';
import type { Configurations } from './configurations.ts';
import type { Webhook } from './contract.ts';
import { CallFailure } from './denial.ts';
import type { Selection } from './selection.ts';

export interface WebhookPluginOptions {
  configurations: Configurations;
  caller: Caller;
  selection: Selection;
  forms: ObjectForms;
}

/**
 * Asks mutating webhooks, one after the other, and makes of the object what they say (Kubernetes: MutatingAdmissionWebhook). When one changes the object, those before it that
 * want it are asked again in a second round.
 */
export class MutatingWebhooks implements AdmissionPlugin {
  readonly name = 'MutatingAdmissionWebhook';
  readonly #options: WebhookPluginOptions;

  constructor(options: WebhookPluginOptions) {
    this.#options = options;
  }

  concerns(resource: { group: string; resource: string }): boolean {
    return !isExempt(resource);
  }

  admit(request: AdmissionRequest): void | Promise<void> {
    const webhooks = this.#options.configurations.webhooks();
    return webhooks.length === 0 ? undefined : this.#admit(webhooks, request);
  }

  async #admit(webhooks: readonly Webhook[], request: AdmissionRequest): Promise<void> {
    const memory = memoryOf(request, this.name);
    const again = request.rounds?.current === 1;
    // What the plugins of the server changed since is to be seen by those who were asked before.
    if (again && !jsonEqual(memory.output, request.object)) memory.reinvocation.require();
    const versioned = new Versioned(request, this.#options.forms);
    for (const [index, webhook] of webhooks.entries()) {
      const resource = await this.#options.selection.concerns(webhook, versioned);
      if (resource === undefined) continue;
      if (again && !memory.reinvocation.isRequired(webhook.id)) continue;
      const question = { webhook, request, shown: await versioned.as(resource), resource, mutating: true };
      const key = `round_${again ? 1 : 0}_index_${index}`;
      const changed = await this.#mutate(question, versioned, key);
      if (changed) this.#seen(request, memory);
      if (webhook.spec.reinvocationPolicy === 'IfNeeded') memory.reinvocation.called(webhook.id);
    }
    memory.output = cloneJson(request.object);
  }

  #seen(request: AdmissionRequest, memory: Memory): void {
    memory.reinvocation.require();
    if (request.rounds !== undefined) request.rounds.again = true;
  }

  async #mutate(question: Question, versioned: Versioned, key: string): Promise<boolean> {
    const { webhook, request } = question;
    const { name, failurePolicy } = webhook.spec;
    const annotation = { configuration: webhook.configuration, webhook: name };
    try {
      const { patch } = await this.#options.caller.ask(question);
      const mutated = await this.#apply(question, versioned, patch ?? []);
      request.notes.annotate(`mutation.webhook.admission.k8s.io/${key}`, JSON.stringify({ ...annotation, mutated }));
      if (mutated) {
        const text = JSON.stringify({ ...annotation, patch, patchType: 'JSONPatch' });
        request.notes.annotate(`patch.webhook.admission.k8s.io/${key}`, text);
      }
      return mutated;
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      if (failurePolicy !== 'Ignore') throw error.toStatusError();
      request.notes.annotate(`failed-open.mutation.webhook.admission.k8s.io/${key}`, name);
      if (request.signal.aborted) throw tooLate();
      return false;
    }
  }

  async #apply(
    { webhook, shown, resource }: Question,
    versioned: Versioned,
    patch: readonly unknown[],
  ): Promise<boolean> {
    if (patch.length === 0) return false;
    if (shown.object === undefined) {
      const why = `admission webhook ${JSON.stringify(webhook.spec.name)} attempted to modify the object, which is not supported for this operation`;
      throw internal(why);
    }
    let patched: unknown;
    try {
      patched = jsonPatch(shown.object as unknown as JsonObject, patch);
      if (jsonEqual(patched, shown.object)) return false;
      await versioned.replace(resource, patched);
    } catch (error) {
      throw internal(messageOf(error), error);
    }
    return true;
  }
}

export function tooLate(): StatusError {
  return new StatusError('Timeout', 'Timeout: request did not complete within requested timeout');
}

function internal(why: string, cause?: unknown): StatusError {
  return new StatusError('InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] }, { cause });
}
