/** So many creations that went well are remembered for a controller, and so many controllers. */
const mostInRound = 128;
const mostControllers = 1000;

/**
 * How many pods may be asked for at once because as many were just made without a refusal. A large workload is made in bursts: only the
 * first one has to find out whether pods are refused. Kept in memory: a restart is careful again.
 */
export class CreationTrust {
  readonly #rounds = new Map<string, number>();

  firstRound(controllerUid: string): number {
    return this.#rounds.get(controllerUid) ?? 1;
  }

  /** `made`: pods that were made in a row; 0 when one was refused. */
  record(controllerUid: string, made: number): void {
    this.#rounds.delete(controllerUid);
    if (made < mostInRound) return;
    this.#rounds.set(controllerUid, mostInRound);
    const [oldest] = this.#rounds.keys();
    if (this.#rounds.size > mostControllers && oldest !== undefined) this.#rounds.delete(oldest);
  }
}
