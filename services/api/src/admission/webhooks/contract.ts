import type { KubeObject, LabelSelector, LabelSelectorSpec } from '@kubus/shared/object';
import type { Rule } from '../matching/rules.ts';

/** admissionregistration.k8s.io/v1 MutatingWebhook and ValidatingWebhook. */
export interface WebhookSpec {
  name: string;
  clientConfig: ClientConfig;
  rules?: readonly Rule[];
  /** Default Fail. */
  failurePolicy?: string;
  /** Default Equivalent. */
  matchPolicy?: string;
  namespaceSelector?: LabelSelectorSpec;
  objectSelector?: LabelSelectorSpec;
  matchConditions?: readonly { name: string; expression: string }[];
  sideEffects?: string;
  /** Default 10. */
  timeoutSeconds?: number;
  admissionReviewVersions?: readonly string[];
  /** Of mutating webhooks alone; default Never. */
  reinvocationPolicy?: string;
}

interface ClientConfig {
  url?: string;
  service?: { namespace: string; name: string; path?: string; port?: number };
  /** base64 of PEM. Absent: the authorities that the system trusts. */
  caBundle?: string;
}

export interface WebhookConfiguration extends KubeObject {
  webhooks?: readonly WebhookSpec[];
}

/** A webhook that is ready to be asked. */
export interface Webhook {
  /** One of a kind among all webhooks of its sort, and the same after other configurations change. */
  id: string;
  configuration: string;
  spec: WebhookSpec;
  namespaceSelector: LabelSelector;
  objectSelector: LabelSelector;
}
