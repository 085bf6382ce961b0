import type { AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { isExempt } from '../matching/rules.ts';
import { Versioned } from '../matching/versioned.ts';
import type { Question } from './caller.ts';
import type { Webhook } from './contract.ts';
import { CallFailure } from './denial.ts';
import { tooLate, type WebhookPluginOptions } from './mutating.ts';

/** Asks validating webhooks, all at the same time; any of them refuses (Kubernetes: ValidatingAdmissionWebhook). */
export class ValidatingWebhooks implements AdmissionPlugin {
  readonly name = 'ValidatingAdmissionWebhook';
  readonly #options: WebhookPluginOptions;

  constructor(options: WebhookPluginOptions) {
    this.#options = options;
  }

  concerns(resource: { group: string; resource: string }): boolean {
    return !isExempt(resource);
  }

  validate(request: AdmissionRequest): void | Promise<void> {
    const webhooks = this.#options.configurations.webhooks();
    return webhooks.length === 0 ? undefined : this.#validate(webhooks, request);
  }

  async #validate(webhooks: readonly Webhook[], request: AdmissionRequest): Promise<void> {
    const versioned = new Versioned(request, this.#options.forms);
    const questions: { question: Question; index: number }[] = [];
    for (const [index, webhook] of webhooks.entries()) {
      const resource = await this.#options.selection.concerns(webhook, versioned);
      if (resource === undefined) continue;
      const shown = await versioned.as(resource);
      questions.push({ question: { webhook, request, shown, resource, mutating: false }, index });
    }
    if (questions.length === 0) return;
    if (request.signal.aborted) throw tooLate();
    const outcomes = await Promise.allSettled(questions.map(({ question, index }) => this.#ask(question, index)));
    const refusal = outcomes.find((outcome) => outcome.status === 'rejected');
    if (refusal !== undefined) throw refusal.reason;
  }

  async #ask(question: Question, index: number): Promise<void> {
    const { name, failurePolicy } = question.webhook.spec;
    try {
      await this.#options.caller.ask(question);
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      if (failurePolicy !== 'Ignore') throw error.toStatusError();
      question.request.notes.annotate(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, name);
    }
  }
}
