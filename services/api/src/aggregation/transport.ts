import { Agent } from 'node:https';
import type { ApiService } from '@kubus/shared/registry';
import type { Address, ResolveService } from '../outbound/index.ts';

/** With what this api shows to servers behind it that it is itself (kube-apiserver: --proxy-client-cert-file). */
export interface ProxyClient {
  /** PEM. */
  cert: string;
  key: string;
}

/** How the server behind one APIService is reached. */
export interface Upstream {
  name: string;
  address: Address;
  /** The name that its certificate has to have. */
  servername: string;
  agent: Agent;
}

/** Connections to servers behind APIServices, kept for each way of trusting one. */
export class Transports {
  readonly #client: ProxyClient;
  readonly #resolve: ResolveService;
  readonly #agents = new Map<string, Agent>();

  constructor(client: ProxyClient, resolve: ResolveService) {
    this.#client = client;
    this.#resolve = resolve;
  }

  /** Throws Error when the service cannot be found. */
  async to({ metadata, spec }: ApiService): Promise<Upstream> {
    const { namespace = '', name = '', port = 443 } = spec?.service ?? {};
    const address = await this.#resolve(namespace, name, port);
    const trust = { ca: spec?.caBundle ?? '', insecure: spec?.insecureSkipTLSVerify === true };
    return { name: metadata.name, address, servername: `${name}.${namespace}.svc`, agent: this.#agentOf(trust) };
  }

  stop(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #agentOf({ ca, insecure }: { ca: string; insecure: boolean }): Agent {
    const key = `${insecure} ${ca}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      agent = new Agent({
        ...this.#client,
        keepAlive: true,
        maxSockets: 1024,
        rejectUnauthorized: !insecure,
        ...(ca === '' ? {} : { ca: Buffer.from(ca, 'base64').toString('utf8') }),
      });
      this.#agents.set(key, agent);
    }
    return agent;
  }
}
