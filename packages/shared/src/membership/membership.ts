import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from 'nats';

export interface MembershipOptions {
  connection: NatsConnection;
  /** Where the replicas among which work is shared out say that they are there (`formatMembersSubject`). */
  subject: string;
  instance: string;
  /** How often each replica says that it is there; milliseconds, default 1,000. One that was silent for three times as long is gone. */
  intervalMs?: number;
  /** How long a newcomer listens before it takes work; milliseconds, default 100. */
  settleMs?: number;
  /** One has gone: what was its own is now shared out among the others. */
  onGone: () => void;
  /** One that is not fit to work says nothing, and the others take over. Default: always. */
  isFit?: () => boolean;
  now?: () => number;
}

/**
 * Which replicas of a service are there, so that they share out what is to be done: each key belongs to the replica that ranks highest for it (rendezvous hashing), and
 * when one comes or goes only its own keys move. For a moment two may take a key for theirs, which must do no harm; none does only until its owner is known to be gone.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #seen = new Map<string, number>();
  #beat = 0;
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
    const { connection, subject, intervalMs = 1_000, settleMs = 100 } = this.#options;
    const subscription = connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) this.#heard(message.string());
      },
    });
    this.#beat = this.#now();
    const timer = setInterval(() => {
      this.#announce();
      this.#expire(intervalMs);
    }, intervalMs);
    timer.unref();
    this.#announce();
    this.#stop = () => {
      clearInterval(timer);
      subscription.unsubscribe();
      this.#say('-');
    };
    await delay(settleMs);
  }

  /** Tells the others, who take over at once. */
  stop(): void {
    this.#stop();
  }

  owns(key: string): boolean {
    if (this.#seen.size === 0) return true;
    const own = rank(this.#options.instance, key);
    for (const other of this.#seen.keys()) if (rank(other, key) > own) return false;
    return true;
  }

  #announce(): void {
    if (this.#options.isFit?.() !== false) this.#say('+');
  }

  #say(word: '+' | '-'): void {
    const { connection, subject, instance } = this.#options;
    if (!connection.isClosed()) connection.publish(subject, `${word}${instance}`);
  }

  #heard(text: string): void {
    const instance = text.slice(1);
    if (instance === this.#options.instance || instance.length > 200) return;
    const known = this.#seen.has(instance);
    if (text.startsWith('-')) {
      if (this.#seen.delete(instance)) this.#options.onGone();
      return;
    }
    this.#seen.set(instance, this.#now());
    // A newcomer should not have to wait for our next word.
    if (!known) this.#announce();
  }

  #expire(intervalMs: number): void {
    const now = this.#now();
    const stoodStill = now - this.#beat > 2 * intervalMs;
    this.#beat = now;
    const oldest = now - 3 * intervalMs;
    let gone = false;
    for (const [instance, at] of this.#seen) {
      // What the others said while this process stood still has yet to be read.
      if (stoodStill) this.#seen.set(instance, now);
      else if (at < oldest) gone = this.#seen.delete(instance) || gone;
    }
    if (gone) this.#options.onGone();
  }

  #now(): number {
    return (this.#options.now ?? (() => performance.now()))();
  }
}

/** The same on every replica; 48 bits. */
function rank(instance: string, key: string): number {
  return createHash('sha1').update(instance).update('\0').update(key).digest().readUIntBE(0, 6);
}
