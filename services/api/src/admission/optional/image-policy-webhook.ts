import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { GroupResource } from '@kubus/shared/object';
import type { Pod } from '@kubus/shared/schema';
import { z } from 'zod';
import { parseConfigurationFile } from '../../configuration-file.ts';
import { type Ask, messageOf, Verdicts, webhookOf } from '../../outbound/index.ts';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { refusal } from '../refuse.ts';
import { containersOf } from './pods.ts';

export interface ImagePolicy {
  ask: Ask;
  /** For which answers are believed; ms. */
  allowMs: number;
  denyMs: number;
  /** Before the second of five tries; ms, half as long again before each one after. */
  retryBackoffMs: number;
  /** What holds when nobody answers. */
  defaultAllow: boolean;
}

interface ReviewStatus {
  allowed?: boolean;
  reason?: string;
  auditAnnotations?: Record<string, string>;
}

const TRIES = 5;
const prefix = 'imagepolicywebhook.image-policy.k8s.io';

/** Kubernetes: ImagePolicyWebhook. A server says whether pods may run the images that they name (imagepolicy.k8s.io/v1alpha1 ImageReview). */
export class ImagePolicyWebhook implements AdmissionPlugin {
  readonly name = 'ImagePolicyWebhook';
  readonly #policy: ImagePolicy;
  readonly #verdicts: Verdicts<ReviewStatus>;

  constructor(policy: ImagePolicy, now?: () => number) {
    this.#policy = policy;
    this.#verdicts = new Verdicts(({ allowed }) => (allowed === true ? policy.allowMs : policy.denyMs), now);
  }

  concerns({ group, resource }: GroupResource, subresource: string, operation: AdmissionOperation): boolean {
    const isPart = subresource === '' || subresource === 'ephemeralcontainers';
    return group === '' && resource === 'pods' && isPart && (operation === 'CREATE' || operation === 'UPDATE');
  }

  async validate(request: AdmissionRequest): Promise<void> {
    const spec = reviewOf(request);
    let status: ReviewStatus;
    try {
      status = await this.#verdicts.get(JSON.stringify(spec), () => this.#ask(spec));
    } catch (error) {
      if (!this.#policy.defaultAllow) throw refusal(request, messageOf(error));
      request.notes.annotate(`${prefix}/failed-open`, 'true');
      return;
    }
    for (const [key, value] of Object.entries(status.auditAnnotations ?? {}))
      request.notes.annotate(`${prefix}/${key}`, String(value));
    if (status.allowed === true) return;
    throw refusal(
      request,
      status.reason
        ? `image policy webhook backend denied one or more images: ${status.reason}`
        : 'one or more images rejected by webhook backend',
    );
  }

  async #ask(spec: object): Promise<ReviewStatus> {
    for (let tried = 1, pause = this.#policy.retryBackoffMs; ; tried++, pause *= 1.5) {
      try {
        const review = { apiVersion: 'imagepolicy.k8s.io/v1alpha1', kind: 'ImageReview', metadata: {}, spec };
        return ((await this.#policy.ask(review)) as { status?: ReviewStatus } | null)?.status ?? {};
      } catch (error) {
        if (tried === TRIES) throw error;
        await delay(pause);
      }
    }
  }
}

function reviewOf({ object, namespace }: AdmissionRequest): object {
  const pod = object as Pod;
  const all = [...containersOf(pod), ...(pod.spec?.ephemeralContainers ?? [])];
  const said = Object.entries(pod.metadata.annotations ?? {}).filter(([key]) => key.includes('.image-policy.k8s.io/'));
  return {
    containers: all.map(({ image }) => ({ image })),
    ...(said.length === 0 ? {} : { annotations: Object.fromEntries(said) }),
    namespace,
  };
}

/** -1: answers are not kept at all. */
const seconds = (byDefault: number) =>
  z
    .union([z.literal(-1), z.number().min(1).max(1800)])
    .default(byDefault)
    .transform((value) => (value === -1 ? 0 : value * 1000));

const file = z.strictObject({
  imagePolicy: z.strictObject({
    kubeConfigFile: z.string().min(1),
    allowTTL: seconds(300),
    denyTTL: seconds(30),
    retryBackoff: z.number().min(1).max(300_000).default(500),
    defaultAllow: z.boolean().default(false),
  }),
});

/** How long one try may take; ms. */
const TIMEOUT_MS = 30_000;

/** Throws SettingsError. */
export async function readImagePolicy(text: string, where: string): Promise<ImagePolicy> {
  const { kubeConfigFile, allowTTL, denyTTL, retryBackoff, defaultAllow } = parseConfigurationFile(
    file,
    text,
    where,
  ).imagePolicy;
  const ask = await webhookOf(resolve(dirname(where), kubeConfigFile), TIMEOUT_MS);
  return { ask, allowMs: allowTTL, denyMs: denyTTL, retryBackoffMs: retryBackoff, defaultAllow };
}
