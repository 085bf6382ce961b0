/**
 * What comes within one turn of the event loop and leaves at its end, together: what a write costs is not its bytes but to wake who reads it and, behind him, everybody up to
 * the client.
 */
export class Turn {
  readonly #mostBytes: number;
  readonly #leave: () => void;
  #bytes = 0;
  #ends: NodeJS.Immediate | undefined;

  /** `leave` is called at the end of a turn in which something came, and at once when `mostBytes` wait. It calls `end`. */
  constructor(mostBytes: number, leave: () => void) {
    this.#mostBytes = mostBytes;
    this.#leave = leave;
  }

  /** So many bytes more wait. */
  came(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= this.#mostBytes) this.#leave();
    else this.#ends ??= setImmediate(this.#leave);
  }

  /** Nothing waits any more. */
  end(): void {
    clearImmediate(this.#ends);
    this.#ends = undefined;
    this.#bytes = 0;
  }
}
