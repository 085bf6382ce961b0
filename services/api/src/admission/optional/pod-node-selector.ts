import type { Pod } from '@kubus/shared/schema';
import { z } from 'zod';
import { parseConfigurationFile, wrongFile } from '../../configuration-file.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { refusal } from '../refuse.ts';
import type { NamespaceNamed } from './namespaces.ts';
import { concernsPods } from './pods.ts';

const annotation = 'scheduler.alpha.kubernetes.io/node-selector';

type Labels = ReadonlyMap<string, string>;

/** What nodes pods are for where their namespace says nothing, and what pods of some namespaces may ask for at all. */
export interface NodeSelectors {
  default: Labels;
  allowed: ReadonlyMap<string, Labels>;
}

const none: NodeSelectors = { default: new Map(), allowed: new Map() };

/** Kubernetes: PodNodeSelector. The pods of a namespace go to the nodes that its annotation selects. */
export class PodNodeSelector implements AdmissionPlugin {
  readonly name = 'PodNodeSelector';
  readonly concerns = concernsPods('CREATE');
  readonly #namespaceNamed: NamespaceNamed;
  readonly #selectors: NodeSelectors;

  constructor(namespaceNamed: NamespaceNamed, selectors: NodeSelectors = none) {
    this.#namespaceNamed = namespaceNamed;
    this.#selectors = selectors;
  }

  async admit(request: AdmissionRequest): Promise<void> {
    const { spec } = request.object as Pod;
    if (spec === undefined) return;
    const merged = new Map(await this.#ofNamespace(request));
    for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) merged.set(key, value);
    if (merged.size > 0) spec.nodeSelector = Object.fromEntries(merged);
  }

  async validate(request: AdmissionRequest): Promise<void> {
    const own = Object.entries((request.object as Pod).spec?.nodeSelector ?? {});
    const selector = await this.#ofNamespace(request);
    if (own.some(([key, value]) => (selector.get(key) ?? value) !== value))
      throw refusal(request, 'pod node label selector conflicts with its namespace node label selector');
    const allowed = this.#selectors.allowed.get(request.namespace);
    if (allowed === undefined || allowed.size === 0) return;
    if (own.some(([key, value]) => allowed.get(key) !== value))
      throw refusal(request, 'pod node label selector labels conflict with its namespace whitelist');
  }

  async #ofNamespace(request: AdmissionRequest): Promise<Labels> {
    const { metadata } = await this.#namespaceNamed(request.namespace);
    const own = metadata.annotations?.[annotation];
    if (own === undefined) return this.#selectors.default;
    const labels = parseLabels(own);
    if (labels === undefined) throw refusal(request, `invalid selector: [${own}]`);
    return labels;
  }
}

/** `key=value` pairs; undefined for anything else (apimachinery labels.ConvertSelectorToLabelsMap). */
function parseLabels(text: string): Labels | undefined {
  const labels = new Map<string, string>();
  for (const pair of text === '' ? [] : text.split(',')) {
    const [key = '', value, ...more] = pair.split('=').map((part) => part.trim());
    if (key === '' || value === undefined || more.length > 0) return undefined;
    labels.set(key, value);
  }
  return labels;
}

const file = z.object({ podNodeSelectorPluginConfig: z.record(z.string(), z.string()).default({}) });

/** Throws SettingsError. */
export function parseNodeSelectors(text: string, where: string): NodeSelectors {
  const said = Object.entries(parseConfigurationFile(file, text, where).podNodeSelectorPluginConfig);
  const all = new Map(
    said.map(([name, selector]): [string, Labels] => {
      const labels = parseLabels(selector);
      if (labels === undefined) throw wrongFile(where, [`podNodeSelectorPluginConfig.${name}: is no selector`]);
      return [name, labels];
    }),
  );
  return { default: all.get('clusterDefaultNodeSelector') ?? new Map(), allowed: all };
}
