import type { Agent } from 'node:https';
import { outboundAgent } from '../../outbound/index.ts';
import type { LiveView } from '../../storage/index.ts';
import { optionalSelector } from '../matching/selectors.ts';
import type { Webhook, WebhookConfiguration } from './contract.ts';

/** The webhooks of all configurations, ordered by the configurations' names, made anew when one changes. */
export class Configurations {
  readonly #view: LiveView<WebhookConfiguration>;
  #revision = -1;
  #webhooks: readonly Webhook[] = [];
  #agents = new Map<string, Agent>();

  constructor(view: LiveView<WebhookConfiguration>) {
    this.#view = view;
  }

  webhooks(): readonly Webhook[] {
    if (this.#revision !== this.#view.revision) this.#compile();
    return this.#webhooks;
  }

  /** Connections are kept for each authority that is trusted. */
  agentOf({ spec }: Webhook): Agent {
    const bundle = spec.clientConfig.caBundle ?? '';
    let agent = this.#agents.get(bundle);
    if (agent === undefined) {
      agent = outboundAgent(bundle === '' ? undefined : Buffer.from(bundle, 'base64').toString('utf8'));
      this.#agents.set(bundle, agent);
    }
    return agent;
  }

  stop(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #compile(): void {
    this.#revision = this.#view.revision;
    const configurations = [...this.#view.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    this.#webhooks = configurations.flatMap(({ metadata, webhooks = [] }) =>
      webhooks.map((spec, index) => ({
        id: `${metadata.name}/${spec.name}/${index}`,
        configuration: metadata.name,
        spec,
        namespaceSelector: optionalSelector(spec.namespaceSelector),
        objectSelector: optionalSelector(spec.objectSelector),
      })),
    );
    this.#forgetAgents();
  }

  #forgetAgents(): void {
    const used = new Set(this.#webhooks.map(({ spec }) => spec.clientConfig.caBundle ?? ''));
    for (const [bundle, agent] of this.#agents) {
      if (used.has(bundle)) continue;
      agent.destroy();
      this.#agents.delete(bundle);
    }
  }
}
