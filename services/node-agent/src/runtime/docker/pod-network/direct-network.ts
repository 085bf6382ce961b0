import { existsSync } from 'node:fs';
import type { SandboxSpec } from '../../contract.ts';
import { AddressCursor, type AddressRange, linkName } from './addresses.ts';
import { CommandShell } from './command-shell.ts';
import type { PodNetwork, SandboxPlace } from './contract.ts';
import type { EngineNetwork } from './engine-network.ts';
import { type Bridge, connectLink, isLinked, joinBridge } from './links.ts';

/** A bridge, and the addresses of it that agents give out. */
export interface Ground {
  bridge: Bridge;
  range: AddressRange;
}

/** A sandbox that was given an address and is not connected after this time never will be; milliseconds. */
const givenMs = 300_000;

/**
 * Pods are connected to the engine's bridge by the agent itself. The engine takes half of a sandbox's time to connect it (it runs a hook of its own
 * program in each new namespace); a sandbox that it believes to be on the host's network, and whose program makes the namespace, costs that half less.
 * What the engine does for the whole bridge (masquerading, forwarding) holds for these pods too. What it does for one container, publishing ports and setting
 * network sysctls, it still does: pods that need it are left to it.
 */
export class DirectNetwork implements PodNetwork {
  readonly #engine: EngineNetwork;
  readonly #start: number;
  #bridge: Bridge;
  #cursor: AddressCursor;
  readonly #shell = new CommandShell();
  /** When an address was given to a sandbox that is not connected yet. */
  readonly #given = new Map<string, number>();
  readonly #provide: (former: Bridge) => Promise<Ground | undefined>;

  /** `provide` makes the bridge anew when it is missing, or finds the one that the other agents have agreed on; `start`: where in the range to begin. */
  constructor(
    engine: EngineNetwork,
    provide: (former: Bridge) => Promise<Ground | undefined>,
    { bridge, range }: Ground,
    start: number,
  ) {
    this.#engine = engine;
    this.#provide = provide;
    this.#start = start;
    this.#bridge = bridge;
    this.#cursor = this.#cursorOver(range);
  }

  async place(sandbox: SandboxSpec): Promise<SandboxPlace> {
    if (sandbox.hostNetwork || needsEngine(sandbox)) return this.#engine.place(sandbox);
    await this.heal();
    const ip = this.#cursor.take();
    if (ip === undefined) return this.#engine.place(sandbox);
    this.#given.set(ip, performance.now());
    return { mode: 'host', unshares: true, ips: [ip] };
  }

  async connect(ips: readonly string[], pid: number): Promise<void> {
    for (const ip of ips) {
      try {
        await connectLink(this.#shell, this.#bridge, ip, pid);
      } finally {
        this.#given.delete(ip);
      }
    }
  }

  async isConnected(ips: readonly string[]): Promise<boolean> {
    const linked = await Promise.all(ips.map(isLinked));
    return linked.every(Boolean);
  }

  forget(): void {
    this.#engine.forget();
  }

  async heal(): Promise<void> {
    if (this.#bridgeIsThere()) return;
    this.#engine.forget();
    const ground = await this.#provide(this.#bridge);
    if (ground !== undefined && ground.bridge.name !== this.#bridge.name) {
      this.#bridge = ground.bridge;
      this.#cursor = this.#cursorOver(ground.range);
    }
    if (this.#bridgeIsThere()) await joinBridge(this.#shell, this.#bridge);
  }

  #cursorOver(range: AddressRange): AddressCursor {
    return new AddressCursor(range, this.#start, (ip) => this.#isTaken(ip));
  }

  #bridgeIsThere(): boolean {
    return existsSync(`/sys/class/net/${this.#bridge.name}`);
  }

  #isTaken(ip: string): boolean {
    const given = this.#given.get(ip);
    if (given !== undefined && performance.now() - given < givenMs) return true;
    return existsSync(`/sys/class/net/${linkName(ip)}`);
  }
}

function needsEngine({ ports, sysctls }: SandboxSpec): boolean {
  return ports.some(({ hostPort }) => hostPort > 0) || sysctls.some(([name]) => name.startsWith('net.'));
}
