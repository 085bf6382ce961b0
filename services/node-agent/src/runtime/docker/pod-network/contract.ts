import type { SandboxSpec } from '../../contract.ts';

/** How a sandbox is made so that it gets a network. */
export interface SandboxPlace {
  /** HostConfig.NetworkMode */
  mode: string;
  /** The sandbox's program moves itself into a network namespace of its own, for which it needs CAP_SYS_ADMIN. */
  unshares: boolean;
  /** Addresses that it is to have, when it is not the engine that gives them. */
  ips: readonly string[];
}

/** Gives pods their network: the engine's bridge, or the same bridge without the engine in between. */
export interface PodNetwork {
  place(sandbox: SandboxSpec): Promise<SandboxPlace>;
  /** Connects a sandbox that has been started; `pid` is that of its program on this machine. Nothing for one that the engine has connected. */
  connect(ips: readonly string[], pid: number): Promise<void>;
  /** Whether a running sandbox with these addresses is connected. */
  isConnected(ips: readonly string[]): Promise<boolean>;
  /** The network seems to be gone: it is made anew when it is needed next. */
  forget(): void;
  /** Puts right what somebody took away: `docker network prune` does not see pods that the engine did not connect. */
  heal(): Promise<void>;
}
