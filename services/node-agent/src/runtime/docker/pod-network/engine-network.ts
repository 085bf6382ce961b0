import type { PodNetwork, SandboxPlace } from './contract.ts';

/** Pods are connected by the engine: works wherever an engine can be reached. */
export class EngineNetwork implements PodNetwork {
  readonly #provide: () => Promise<string>;
  #id: string | undefined;

  /** `provide` gives the id of the bridge network, and makes it when it is missing. */
  constructor(provide: () => Promise<string>, id: string) {
    this.#provide = provide;
    this.#id = id;
  }

  async place({ hostNetwork }: { hostNetwork: boolean }): Promise<SandboxPlace> {
    if (hostNetwork) return { mode: 'host', unshares: false, ips: [] };
    this.#id ??= await this.#provide();
    return { mode: this.#id, unshares: false, ips: [] };
  }

  async connect(): Promise<void> {}

  async isConnected(): Promise<boolean> {
    return true;
  }

  forget(): void {
    this.#id = undefined;
  }

  async heal(): Promise<void> {}
}
