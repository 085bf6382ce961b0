import type { ApiClient } from '@kubus/shared/bus';
import { type LabelSelector, parseLabelSelector } from '@kubus/shared/object';
import type { ServedKinds } from '../common/served-kinds.ts';
import type { Pod } from '../common/types.ts';
import { getScale } from './target.ts';
import type { Autoscaler } from './types.ts';

/** A selector rarely changes; a target that is not there may come. */
const knownForMs = 60_000;

interface Known {
  target: string;
  /** Undefined: there is nothing to scale. */
  selector: LabelSelector | undefined;
  at: number;
}

/** What the autoscalers of this process select. An autoscaler that is alone in its namespace costs nothing. */
export class Rivals {
  readonly #api: Pick<ApiClient, 'request'>;
  readonly #kinds: ServedKinds;
  readonly #known = new Map<string, Known>();

  constructor(api: Pick<ApiClient, 'request'>, kinds: ServedKinds) {
    this.#api = api;
    this.#kinds = kinds;
  }

  /** `<namespace>/<name>` of each autoscaler that selects one of the pods (Kubernetes: hpasControllingPodsUnderSelector). */
  async selecting(pods: readonly Pod[], autoscalers: readonly Autoscaler[], now: number): Promise<string[]> {
    if (autoscalers.length < 2 || pods.length === 0) return [];
    for (const [key, { at }] of this.#known) if (now - at >= knownForMs) this.#known.delete(key);
    const selectors = await Promise.all(autoscalers.map((autoscaler) => this.#selectorOf(autoscaler, now)));
    return autoscalers
      .filter((_, index) => pods.some(({ metadata }) => selectors[index]?.matches(metadata.labels)))
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
      .sort();
  }

  async #selectorOf({ metadata, spec }: Autoscaler, now: number): Promise<LabelSelector | undefined> {
    const { namespace = '', name } = metadata;
    const { kind, name: targetName, apiVersion } = spec.scaleTargetRef;
    const key = `${namespace}/${name}`;
    const target = `${apiVersion} ${kind} ${targetName}`;
    const known = this.#known.get(key);
    if (known?.target === target) return known.selector;
    // A target that cannot be asked for is told of when its own autoscaler is looked at.
    const scale = await getScale(this.#api, this.#kinds, namespace, spec.scaleTargetRef).catch(() => undefined);
    const text = scale?.selector ?? '';
    const selector = text === '' ? undefined : parseLabelSelector(text);
    this.#known.set(key, { target, selector, at: now });
    return selector;
  }
}
