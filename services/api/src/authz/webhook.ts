import type { UserInfo } from '../authn/index.ts';
import { type Ask, Verdicts } from '../outbound/index.ts';
import { type Attributes, type Authorizer, allowed, type Decision, noOpinion } from './contract.ts';

/** For which a verdict holds; ms (kube-apiserver: --authorization-webhook-cache-authorized-ttl and -unauthorized-ttl). */
const LIFE = { allowed: 300_000, refused: 30_000 };

interface Review {
  status?: { allowed?: boolean; denied?: boolean; reason?: string };
}

export interface WebhookAuthorizerOptions {
  ask: Ask;
  /** Told when there was no answer; nothing is allowed then. */
  onFailure?(error: unknown): void;
  now?: () => number;
}

/** Asks a webhook by SubjectAccessReviews (kubernetes.io: Webhook Mode). It has the last word, after those who allowed nothing. */
export class WebhookAuthorizer implements Authorizer {
  readonly #options: WebhookAuthorizerOptions;
  readonly #verdicts: Verdicts<Decision>;

  constructor(options: WebhookAuthorizerOptions) {
    this.#options = options;
    this.#verdicts = new Verdicts((decision) => (decision.allowed ? LIFE.allowed : LIFE.refused), options.now);
  }

  authorize(attributes: Attributes): Promise<Decision> {
    const spec = specOf(attributes);
    return this.#verdicts
      .get(JSON.stringify(spec), async () => decisionOf((await this.#options.ask(reviewOf(spec))) as Review))
      .catch((error: unknown) => {
        this.#options.onFailure?.(error);
        return noOpinion;
      });
  }
}

const reviewOf = (spec: object): object => ({
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
  metadata: {},
  spec,
});

function decisionOf({ status }: Review): Decision {
  return status?.allowed === true ? allowed : { allowed: false, reason: status?.reason ?? '' };
}

function specOf(attributes: Attributes): object {
  const subject = subjectOf(attributes.user);
  const { verb } = attributes;
  if (attributes.path !== undefined) return { ...subject, nonResourceAttributes: { path: attributes.path, verb } };
  const { group, resource, subresource, namespace, name, fields } = attributes;
  const requirements = [...(fields ?? [])].map(([key, value]) => ({ key, operator: 'In', values: [value] }));
  const fieldSelector = requirements.length === 0 ? undefined : { requirements };
  const asked = { verb, version: '*', group, resource, subresource, namespace, name, fieldSelector };
  const said = Object.entries(asked).filter(([, value]) => value !== '' && value !== undefined);
  return { ...subject, resourceAttributes: Object.fromEntries(said) };
}

function subjectOf({ username, uid, groups, extra }: UserInfo): object {
  return {
    user: username,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined || extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}
