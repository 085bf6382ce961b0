import { setImmediate as endOfTurn } from 'node:timers/promises';
import { committedEntry, type EncodedOperation } from './commit-args.ts';
import type { OutboxEntry } from './outbox.ts';
import { isLate, parseResult, type ScriptResult } from './results.ts';

type Operations = readonly EncodedOperation[];

/** Characters of what is kept at most: whoever falls behind further reads the outbox. */
const mostCharacters = 8 * 1024 * 1024;

/**
 * Outbox entries that this process has made itself, for the relay of the same process: under load, what it would read back is most of what Redis sends
 * and a good part of what an api receives. The outbox stays the truth: whatever is not here is read there.
 */
export class OwnEntries {
  #entries: OutboxEntry[] = [];
  #characters = 0;
  #underWay = 0;
  #following = false;
  #interrupted = false;
  #wake: (() => void) | undefined;

  /** From now on entries are kept; what comes before is not there. */
  follow(): void {
    this.#following = true;
    this.#interrupted = false;
    this.#clear();
  }

  unfollow(): void {
    this.#following = false;
    this.#clear();
  }

  /** The connection by which this process commits was lost: Redis may have gone back, and give revisions out again. */
  interrupt(): void {
    this.#interrupted = true;
    this.#clear();
    this.#notify();
  }

  /** A call of the commit script has gone out. */
  called(): void {
    this.#underWay++;
  }

  /** It was answered; without results, it failed. */
  answered(commit: string, operations: Operations, results?: readonly ScriptResult[]): void {
    this.#underWay--;
    if (results !== undefined && this.#following && !this.#interrupted) this.#add(commit, operations, results);
    this.#notify();
  }

  /**
   * The entries in a row after a revision. Waits for the next answer to a commit of this process, where one is to come. Empty when somebody else has made
   * the next entry, or nobody here is about to make one: then the outbox has to be read. Throws when the connection was lost since `follow`.
   */
  async after(revision: number): Promise<OutboxEntry[]> {
    const ready = this.#take(revision);
    if (ready.length > 0 || this.#entries.length > 0 || this.#underWay === 0) return ready;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    // Those who wait for the commit are answered first; what several calls have come to in this turn goes together.
    await endOfTurn();
    return this.#take(revision);
  }

  #add(commit: string, operations: Operations, results: readonly ScriptResult[]): void {
    for (const [i, result] of results.entries()) {
      if (isLate(result)) continue;
      const outcome = parseResult(result);
      if ('refusal' in outcome) continue;
      const entry = committedEntry(commit, operations[i] as EncodedOperation, outcome.accepted);
      this.#entries.push(entry);
      this.#characters += entry.object.length;
    }
    if (this.#characters > mostCharacters) this.#clear();
  }

  #take(revision: number): OutboxEntry[] {
    if (this.#interrupted) throw new Error('the connection to Redis was lost');
    const from = this.#entries.findIndex((entry) => entry.revision > revision);
    if (from < 0) {
      this.#clear();
      return [];
    }
    let to = from;
    while (this.#entries[to]?.revision === revision + 1 + to - from) to++;
    const taken = this.#entries.slice(from, to);
    for (const { object } of this.#entries.splice(0, to)) this.#characters -= object.length;
    return taken;
  }

  #clear(): void {
    this.#entries = [];
    this.#characters = 0;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
