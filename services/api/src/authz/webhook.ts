import type { UserInfo } from '../authn/index.ts';
import { type Ask, Verdicts } from '../outbound/index.ts';
import { type Attributes, type Authorizer, allowed, type Decision, denied, noOpinion } from './contract.ts';
import type { RequestConditions } from './match-conditions.ts';
import { fieldTerms, labelTerms, withTerms } from './selector-terms.ts';

/** For which a verdict holds; ms (kube-apiserver: --authorization-webhook-cache-authorized-ttl and -unauthorized-ttl). */
const LIFE = { allowed: 300_000, refused: 30_000 };

interface Review {
  status?: { allowed?: boolean; denied?: boolean; reason?: string };
}

export interface WebhookAuthorizerOptions {
  ask: Ask;
  /** Told when there was no answer, or a condition came to none. */
  onFailure?(error: unknown): void;
  /** What that comes to; default: no opinion. */
  failurePolicy?: 'NoOpinion' | 'Deny';
  /** Which requests it is asked about; default: all that get here. */
  conditions?: RequestConditions;
  /** In which version it is asked; default v1. */
  version?: 'v1' | 'v1beta1';
  /** ms for which a verdict holds, 0 for not at all; default: five minutes and half a minute. */
  life?: { allowed: number; refused: number };
  now?: () => number;
}

/** Asks a webhook by SubjectAccessReviews (kubernetes.io: Webhook Mode). */
export class WebhookAuthorizer implements Authorizer {
  readonly #options: WebhookAuthorizerOptions;
  readonly #verdicts: Verdicts<Decision>;

  constructor(options: WebhookAuthorizerOptions) {
    const life = options.life ?? LIFE;
    this.#options = options;
    this.#verdicts = new Verdicts((decision) => (decision.allowed ? life.allowed : life.refused), options.now);
  }

  authorize(attributes: Attributes): Decision | Promise<Decision> {
    const { conditions } = this.#options;
    try {
      if (conditions?.isEmpty === false && !conditions.match(completeSpecOf(attributes))) return noOpinion;
    } catch (error) {
      return this.#failed(error);
    }
    const spec = specOf(attributes);
    return this.#verdicts
      .get(JSON.stringify(spec), () => this.#ask(spec))
      .catch((error: unknown) => this.#failed(error));
  }

  async #ask(spec: ReviewSpec): Promise<Decision> {
    const { ask, version = 'v1' } = this.#options;
    const { groups, ...rest } = spec;
    const asked = version === 'v1' ? spec : { ...rest, group: groups };
    const apiVersion = `authorization.k8s.io/${version}`;
    return decisionOf((await ask({ apiVersion, kind: 'SubjectAccessReview', metadata: {}, spec: asked })) as Review);
  }

  #failed(error: unknown): Decision {
    const { onFailure, failurePolicy } = this.#options;
    onFailure?.(error);
    return { ...(failurePolicy === 'Deny' ? denied('') : noOpinion), error: asError(error) };
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** Throws Error for an answer that contradicts itself. */
function decisionOf({ status }: Review): Decision {
  const reason = status?.reason ?? '';
  if (status?.denied === true) {
    if (status.allowed === true) throw new Error('webhook subject access review returned both allow and deny response');
    return denied(reason);
  }
  return status?.allowed === true ? allowed : { allowed: false, reason };
}

type ReviewSpec = ReturnType<typeof subjectOf> & { resourceAttributes?: object; nonResourceAttributes?: object };

function specOf(attributes: Attributes): ReviewSpec {
  const { resourceAttributes, ...spec } = withAttributes(subjectOf(attributes.user), attributes);
  if (resourceAttributes === undefined) return spec;
  const said = Object.entries(resourceAttributes).filter(([, value]) => value !== '');
  return { ...spec, resourceAttributes: Object.fromEntries(said) };
}

/** With every text, also those that say nothing: conditions need not ask whether they are there. */
function completeSpecOf(attributes: Attributes): ReviewSpec {
  return withAttributes({ uid: '', extra: {}, ...subjectOf(attributes.user) }, attributes);
}

function withAttributes(subject: ReviewSpec, attributes: Attributes): ReviewSpec {
  const { verb } = attributes;
  if (attributes.path !== undefined) return { ...subject, nonResourceAttributes: { path: attributes.path, verb } };
  const { group, version = '*', resource, subresource, namespace, name, fields, labels } = attributes;
  const selectors = {
    ...withTerms('fieldSelector', fields === undefined ? [] : fieldTerms(fields)),
    ...withTerms('labelSelector', labels === undefined ? [] : labelTerms(labels)),
  };
  return {
    ...subject,
    resourceAttributes: { verb, version, group, resource, subresource, namespace, name, ...selectors },
  };
}

function subjectOf({ username, uid, groups, extra }: UserInfo) {
  return {
    user: username,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined || extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}
