import { readFile, readlink } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { Duplex } from 'node:stream';
import { type ContainerRecord, DialError, type DialOptions } from '../../contract.ts';
import { dialTcp } from './connect.ts';
import { LoopbackRelays } from './loopback-relays.ts';

/** Of a pod's network, where it may listen for itself alone. */
const loopback = ['127.0.0.1', '::1'] as const;

/**
 * Connects to pods: at their addresses, and when nobody listens there, at the loopback inside of their network namespace, as containerd and CRI-O do for
 * port-forward. For that the agent has to be root on the engine's machine; elsewhere only what listens at the pod's address is reached.
 */
export class Dialer {
  readonly #pidOf: (id: string) => Promise<number | undefined>;
  readonly #relays = new LoopbackRelays();

  /** `pidOf`: the process of a running container on the engine's machine. */
  constructor(pidOf: (id: string) => Promise<number | undefined>) {
    this.#pidOf = pidOf;
  }

  async dial({ id, ips }: ContainerRecord, port: number, options: DialOptions): Promise<Duplex> {
    const refusals: DialError[] = [];
    const attempts: (() => Promise<Duplex>)[] = ips.map((ip) => () => dialTcp(ip, port));
    if (options.loopback) attempts.push(() => this.#dialInside(id, port));
    else if (ips.length === 0) attempts.push(() => this.#dialMachine(id, port));
    for (const attempt of attempts) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof DialError)) throw error;
        refusals.push(error);
      }
    }
    const why = refusals.map(({ message }) => message).join(', ');
    throw new DialError(why === '' ? 'the pod has no address' : why, { cause: refusals[0] });
  }

  /** A pod on the node's network has the node's addresses. */
  async #dialMachine(id: string, port: number): Promise<Duplex> {
    const pid = await this.#pidOf(id);
    const own = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4');
    if (pid === undefined || own === undefined || !(await isContainer(pid, id)) || !(await sharesNetwork(pid)))
      throw new DialError('the pod has no address that the agent could reach');
    return dialTcp(own.address, port);
  }

  async #dialInside(id: string, port: number): Promise<Duplex> {
    const pid = await this.#pidOf(id);
    if (pid === undefined) throw new DialError('the sandbox is not running');
    if (!(await isContainer(pid, id))) throw new DialError('the loopback of the pod cannot be reached from the agent');
    return (await sharesNetwork(pid)) ? dialOwnLoopback(port) : this.#relays.dial(pid, port);
  }
}

async function dialOwnLoopback(port: number): Promise<Duplex> {
  const [first, second] = loopback;
  try {
    return await dialTcp(first, port);
  } catch (error) {
    return dialTcp(second, port).catch(() => Promise.reject(error));
  }
}

/** Whether that process of this machine is that container: an agent that is a container itself, or elsewhere, sees other processes under the number. */
async function isContainer(pid: number, id: string): Promise<boolean> {
  const texts = await Promise.all(
    ['cgroup', 'mountinfo'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
  );
  return texts.some((text) => text.includes(id));
}

async function sharesNetwork(pid: number): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/ns/net`)) === (await readlink('/proc/self/ns/net'));
  } catch (cause) {
    throw new DialError('the network of the pod cannot be looked into by the agent: it is not root', { cause });
  }
}
