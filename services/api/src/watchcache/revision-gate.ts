import { revisionTooLarge } from './too-large.ts';

interface Waiting {
  revision: number;
  resolve(): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/** How far a cache is, and who waits for it to get further. */
export class RevisionGate {
  readonly #timeoutMs: number;
  readonly #refresh: () => void;
  readonly #waiting = new Set<Waiting>();
  #revision = 0;

  /** `refresh` asks for progress, because someone waits. */
  constructor(timeoutMs: number, refresh: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#refresh = refresh;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Throws Timeout with cause ResourceVersionTooLarge when it takes too long, as kube-apiserver does. */
  wait(revision: number): Promise<void> {
    if (this.#revision >= revision) return Promise.resolve();
    const waiting = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => this.#end(entry).reject(revisionTooLarge(revision, this.#revision)),
        this.#timeoutMs,
      );
      const entry: Waiting = { revision, resolve, reject, timer };
      this.#waiting.add(entry);
    });
    this.#refresh();
    return waiting;
  }

  reach(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    for (const entry of this.#waiting) if (entry.revision <= revision) this.#end(entry).resolve();
  }

  /** The revision as a new list has it; it may be lower than before. */
  reset(revision: number): void {
    this.#revision = -1;
    this.reach(revision);
  }

  fail(error: Error): void {
    for (const entry of this.#waiting) this.#end(entry).reject(error);
  }

  #end(entry: Waiting): Waiting {
    clearTimeout(entry.timer);
    this.#waiting.delete(entry);
    return entry;
  }
}
