/** What deciding a request leaves behind beside the decision: warnings for the client and annotations for the audit log. One for each request. */
export class Notes {
  #warnings: string[] | undefined;
  #annotations: Map<string, string> | undefined;

  warn(text: string): void {
    this.#warnings ??= [];
    this.#warnings.push(text);
  }

  /** The first value of a key stays (apiserver/pkg/audit AddAuditAnnotation). */
  annotate(key: string, value: string): void {
    this.#annotations ??= new Map();
    if (!this.#annotations.has(key)) this.#annotations.set(key, value);
  }

  get warnings(): readonly string[] {
    return this.#warnings ?? none;
  }

  get annotations(): ReadonlyMap<string, string> | undefined {
    return this.#annotations;
  }
}

const none: readonly string[] = [];
