import { StatusError } from '@kubus/shared/errors';
import type { ServedResource } from '@kubus/shared/registry';
import { messageOf, postJson, type ResolveService } from '../../outbound/index.ts';
import type { AdmissionRequest } from '../contract.ts';
import type { Shown } from '../matching/versioned.ts';
import type { Configurations } from './configurations.ts';
import type { Webhook } from './contract.ts';
import { CallFailure, denialBy } from './denial.ts';
import { type Verdict, verdictOf } from './response.ts';
import { reviewOf, reviewVersion } from './review.ts';

const DEFAULT_TIMEOUT_SECONDS = 10;

export interface Question {
  webhook: Webhook;
  request: AdmissionRequest;
  shown: Shown;
  /** The version in which it is shown. */
  resource: ServedResource;
  mutating: boolean;
}

/** Asks webhooks over HTTPS. */
export class Caller {
  readonly #configurations: Configurations;
  readonly #resolve: ResolveService;

  constructor(configurations: Configurations, resolve: ResolveService) {
    this.#configurations = configurations;
    this.#resolve = resolve;
  }

  /**
   * Gives the verdict of a webhook that allows the request; leaves its warnings and annotations in the request's notes. Throws StatusError when it denies, CallFailure
   * when it could not be asked.
   */
  async ask(question: Question): Promise<Verdict> {
    const { webhook, request } = question;
    const { name, sideEffects } = webhook.spec;
    if (request.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') {
      throw new StatusError('BadRequest', `admission webhook ${JSON.stringify(name)} does not support dry run`);
    }
    const verdict = await this.#post(question);
    for (const [key, value] of verdict.auditAnnotations) request.notes.annotate(`${name}/${key}`, value);
    for (const warning of verdict.warnings) request.notes.warn(warning);
    if (!verdict.allowed) throw denialBy(name, verdict.status);
    return verdict;
  }

  async #post({ webhook, request, shown, resource, mutating }: Question): Promise<Verdict> {
    const { name, admissionReviewVersions, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = webhook.spec;
    const failed =
      (why: string) =>
      (error: unknown): never => {
        throw new CallFailure(name, `${why}: ${messageOf(error)}`, error);
      };
    const review = attempt(
      () => reviewOf(request, shown, resource, reviewVersion(admissionReviewVersions)),
      failed('could not create admission objects'),
    );
    const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
    const signal = AbortSignal.any([request.signal, timeout]);
    const answer = await this.#send(webhook, signal, timeoutSeconds, review.body).catch(
      failed('failed to call webhook'),
    );
    return attempt(() => verdictOf(review, mutating, answer), failed('received invalid webhook response'));
  }

  async #send(webhook: Webhook, signal: AbortSignal, timeoutSeconds: number, body: object): Promise<unknown> {
    const { service } = webhook.spec.clientConfig;
    const url = urlOf(webhook);
    url.searchParams.set('timeout', `${timeoutSeconds}s`);
    const address = service && (await this.#resolve(service.namespace, service.name, service.port ?? 443));
    return postJson({ url, address, signal, agent: this.#configurations.agentOf(webhook) }, body);
  }
}

/** A service is called by its name in the cluster, whatever its address: its certificate says that name. */
function urlOf({ spec: { clientConfig } }: Webhook): URL {
  const { url, service } = clientConfig;
  if (service !== undefined) {
    const { name, namespace, port = 443, path = '' } = service;
    const at = path === '' || path.startsWith('/') ? path : `/${path}`;
    return new URL(`https://${name}.${namespace}.svc:${port}${at}`);
  }
  const parsed = new URL(url ?? '');
  if (parsed.protocol !== 'https:') throw new Error(`webhook URL must use https, not ${parsed.protocol}`);
  return parsed;
}

function attempt<T>(action: () => T, failed: (error: unknown) => never): T {
  try {
    return action();
  } catch (error) {
    return failed(error);
  }
}
