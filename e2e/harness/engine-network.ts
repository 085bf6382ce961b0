import { must, run } from './run.ts';

/** Where an engine of a test has its networks. */
export interface EngineNetwork {
  /** The command that runs dockerd there. */
  daemon(options: readonly string[]): [string, ...string[]];
  remove(): Promise<void>;
}

/** A network namespace of its own: the engine has a machine for itself, as far as it can see. */
export async function networkNamespace(name: string): Promise<EngineNetwork> {
  const remove = async () => void (await run('ip', ['netns', 'delete', name]));
  await remove();
  await must('ip', ['netns', 'add', name]);
  await must('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  await makeBridge(['-n', name], 'engine0', '10.213.0.1/24');
  // Not by `ip netns exec`: it hides the cgroups, and the engine refuses to start.
  return { daemon: (options) => ['nsenter', `--net=/var/run/netns/${name}`, 'dockerd', ...options], remove };
}

/**
 * The machine's own network, where agents can connect pods themselves. The default bridge is the engine's own, and it keeps its hands off the rules of the
 * firewall: an engine that starts removes those of the machine's engine.
 */
export async function machineNetwork(name: string): Promise<EngineNetwork> {
  const remove = async () => void (await run('ip', ['link', 'delete', name]));
  await remove();
  await makeBridge([], name, '10.214.0.1/24');
  return { daemon: (options) => ['dockerd', '--bridge', name, '--iptables=false', ...options], remove };
}

async function makeBridge(where: readonly string[], name: string, address: string): Promise<void> {
  await must('ip', [...where, 'link', 'add', name, 'type', 'bridge']);
  await must('ip', [...where, 'addr', 'add', address, 'dev', name]);
  await must('ip', [...where, 'link', 'set', name, 'up']);
}
