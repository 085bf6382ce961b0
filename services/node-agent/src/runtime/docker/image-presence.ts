/** Which images are there, asked of the engine once for all containers that start at the same time. */
export class ImagePresence {
  readonly #ask: (image: string) => Promise<boolean>;
  readonly #shareMs: number;
  readonly #answers = new Map<string, Promise<boolean>>();

  /** `shareMs`: for how long an answer is good; default 1,000. */
  constructor(ask: (image: string) => Promise<boolean>, shareMs = 1_000) {
    this.#ask = ask;
    this.#shareMs = shareMs;
  }

  has(image: string): Promise<boolean> {
    const known = this.#answers.get(image);
    if (known !== undefined) return known;
    const answer = this.#ask(image);
    this.#answers.set(image, answer);
    const forget = () => this.forget(image);
    answer.catch(forget);
    setTimeout(forget, this.#shareMs).unref();
    return answer;
  }

  /** What was known of it is no longer so. */
  forget(image: string): void {
    this.#answers.delete(image);
  }
}
