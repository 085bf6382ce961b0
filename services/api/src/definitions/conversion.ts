import { randomUUID } from 'node:crypto';
import type { Agent } from 'node:https';
import type { Converter, CustomResourceDefinition, WebhookClient } from '@kubus/shared/custom-resources';
import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { messageOf, outboundAgent, postJson, type ResolveService } from '../outbound/index.ts';

const TIMEOUT_MS = 30_000;
const group = 'apiextensions.k8s.io';

interface ReviewResponse {
  uid?: string;
  convertedObjects?: KubeObject[];
  result?: { status?: string; message?: string };
}

/** What converts the objects of a definition, where that is a webhook. */
export function converterOf({ spec }: CustomResourceDefinition, resolve: ResolveService): Converter | undefined {
  const { conversion, names } = spec;
  const { webhook } = conversion ?? {};
  if (conversion?.strategy !== 'Webhook' || webhook?.clientConfig === undefined) return undefined;
  const version = webhook.conversionReviewVersions.includes('v1') ? 'v1' : 'v1beta1';
  const client = new ConversionClient(webhook.clientConfig, resolve);
  return async (objects, desiredAPIVersion) => {
    const request = { uid: randomUUID(), desiredAPIVersion, objects };
    const subject = `${objects[0]?.apiVersion}, Kind=${names.kind}`;
    try {
      const answer = await client.post({ kind: 'ConversionReview', apiVersion: `${group}/${version}`, request });
      return accepted(objects, desiredAPIVersion, request.uid, answer as { response?: ReviewResponse });
    } catch (error) {
      const message = `conversion webhook for ${subject} failed: ${messageOf(error)}`;
      throw new StatusError(
        'InternalError',
        `Internal error occurred: ${message}`,
        { causes: [{ message }] },
        { cause: error },
      );
    }
  };
}

class ConversionClient {
  readonly #config: WebhookClient;
  readonly #resolve: ResolveService;
  readonly #agent: Agent;

  constructor(config: WebhookClient, resolve: ResolveService) {
    this.#config = config;
    this.#resolve = resolve;
    this.#agent = outboundAgent(
      config.caBundle === undefined ? undefined : Buffer.from(config.caBundle, 'base64').toString(),
    );
  }

  async post(review: object): Promise<unknown> {
    const { url, service } = this.#config;
    const common = { agent: this.#agent, signal: AbortSignal.timeout(TIMEOUT_MS) };
    if (service === undefined) return postJson({ ...common, url: new URL(url as string) }, review);
    const { namespace, name, path = '', port = 443 } = service;
    const address = await this.#resolve(namespace, name, port);
    return postJson({ ...common, url: new URL(`https://${name}.${namespace}.svc:${port}${path}`), address }, review);
  }
}

/** The converted objects, of which a webhook may change everything but what they are (apiextensions-apiserver/pkg/apiserver/conversion). Throws Error. */
function accepted(
  sent: readonly KubeObject[],
  apiVersion: string,
  uid: string,
  { response }: { response?: ReviewResponse },
): KubeObject[] {
  if (response === undefined) throw new Error('no response provided');
  if (response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  if (response.result?.status !== 'Success') throw new Error(response.result?.message ?? 'no status.Success');
  const objects = response.convertedObjects ?? [];
  if (objects.length !== sent.length)
    throw new Error(`expected ${sent.length} converted objects, got ${objects.length}`);
  return objects.map((object, i) => restored(sent[i] as KubeObject, object, apiVersion, i));
}

/** With the metadata that it had, but for labels and annotations. */
function restored(sent: KubeObject, object: KubeObject, apiVersion: string, i: number): KubeObject {
  const place = `response.convertedObjects[${i}]`;
  if (object.apiVersion !== apiVersion)
    throw new Error(`invalid converted object at index ${i}: invalid groupVersion: ${object.apiVersion}`);
  if (object.kind !== sent.kind)
    throw new Error(`invalid converted object at index ${i}: invalid kind: ${object.kind}`);
  const { metadata } = object;
  if (metadata === undefined) throw new Error(`${place}: missing metadata`);
  for (const name of ['name', 'namespace', 'uid'] as const) {
    if (metadata[name] !== sent.metadata[name])
      throw new Error(`invalid metadata of object at index ${i}: ${name} changed`);
  }
  const { labels: _labels, annotations: _annotations, ...rest } = sent.metadata;
  const { labels, annotations } = metadata;
  return { ...object, metadata: { ...rest, ...(labels && { labels }), ...(annotations && { annotations }) } };
}
