import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { schedulerMembers } from '@kubus/shared/bus';
import type { NatsConnection } from 'nats';

export interface MembershipOptions {
  connection: NatsConnection;
  instance: string;
  /** How often each replica says that it is there; milliseconds, default 1,000. One that was silent for three times as long is gone. */
  intervalMs?: number;
  /** How long a newcomer listens before it takes pods; milliseconds, default 100. */
  settleMs?: number;
  /** Whose pods are whose has changed. */
  onChange: () => void;
  now?: () => number;
}

/**
 * Which scheduler replicas are there, so that they share out the pending pods: each pod belongs to the replica that ranks highest for its uid (rendezvous hashing), and
 * when one comes or goes only its own pods move. It is a matter of speed alone: two replicas that both take a pod for theirs do no harm, as the commit accepts one binding.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #seen = new Map<string, number>();
  #stop: () => void = () => undefined;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** The instances that are there, this one included. */
  get members(): string[] {
    return [this.#options.instance, ...this.#seen.keys()].sort();
  }

  /** Resolves when those that are there had the time to say so. */
  async start(): Promise<void> {
    const { connection, instance, intervalMs = 1_000, settleMs = 100 } = this.#options;
    const subscription = connection.subscribe(schedulerMembers, {
      callback: (error, message) => {
        if (error === null) this.#heard(message.string());
      },
    });
    const announce = () => connection.isClosed() || connection.publish(schedulerMembers, `+${instance}`);
    const timer = setInterval(() => {
      announce();
      this.#expire();
    }, intervalMs);
    timer.unref();
    announce();
    this.#stop = () => {
      clearInterval(timer);
      subscription.unsubscribe();
      if (!connection.isClosed()) connection.publish(schedulerMembers, `-${instance}`);
    };
    await delay(settleMs);
  }

  /** Tells the others, who take over at once. */
  stop(): void {
    this.#stop();
  }

  owns(uid: string): boolean {
    if (this.#seen.size === 0) return true;
    const own = rank(this.#options.instance, uid);
    for (const other of this.#seen.keys()) if (rank(other, uid) > own) return false;
    return true;
  }

  #heard(text: string): void {
    const instance = text.slice(1);
    if (instance === this.#options.instance || instance.length > 200) return;
    const known = this.#seen.has(instance);
    if (text.startsWith('-')) this.#seen.delete(instance);
    else this.#seen.set(instance, this.#now());
    if (known === this.#seen.has(instance)) return;
    this.#options.onChange();
    // A newcomer should not have to wait for our next word.
    if (!known) this.#options.connection.publish(schedulerMembers, `+${this.#options.instance}`);
  }

  #expire(): void {
    const oldest = this.#now() - 3 * (this.#options.intervalMs ?? 1_000);
    const gone = [...this.#seen].filter(([, at]) => at < oldest);
    for (const [instance] of gone) this.#seen.delete(instance);
    if (gone.length > 0) this.#options.onChange();
  }

  #now(): number {
    return (this.#options.now ?? (() => performance.now()))();
  }
}

/** The same on every replica; 48 bits. */
function rank(instance: string, uid: string): number {
  return createHash('sha1').update(instance).update('\0').update(uid).digest().readUIntBE(0, 6);
}
