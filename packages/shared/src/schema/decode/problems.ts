import { type StatusCause, StatusError } from '../../errors/index.ts';

/** Most problems that are told of one body; sigs.k8s.io/json stops counting there too. */
const MAX_PROBLEMS = 100;

/** What is wrong with a body, collected while it is walked. */
export class DecodeProblems {
  /** `unknown field "spec.foo"` and the like: refused, warned of or ignored as the client asks. */
  readonly strict: string[] = [];
  readonly #seen = new Set<string>();
  readonly #causes: StatusCause[] = [];
  #first: string | undefined;

  addStrict(message: string): void {
    if (this.strict.length >= MAX_PROBLEMS || this.#seen.has(message)) return;
    this.#seen.add(message);
    this.strict.push(message);
  }

  /** A value that cannot be what the schema says. `message` is Go's for the whole body, of which Kubernetes tells the first. */
  addType(field: string, message: string): void {
    this.#first ??= message;
    if (this.#causes.length < MAX_PROBLEMS) this.#causes.push({ reason: 'FieldValueTypeInvalid', message, field });
  }

  get typeError(): { message: string; causes: readonly StatusCause[] } | undefined {
    return this.#first === undefined ? undefined : { message: this.#first, causes: this.#causes };
  }
}

/** 400 as kube-apiserver words it for a body of `gvk` that was to be read as `type`. */
export function cannotBeHandled(
  gvk: { version: string; kind: string },
  type: string,
  message: string,
  causes: readonly StatusCause[] = [],
): StatusError {
  return new StatusError(
    'BadRequest',
    `${gvk.kind} in version ${JSON.stringify(gvk.version)} cannot be handled as a ${type}: ${message}`,
    causes.length === 0 ? undefined : { causes: [...causes] },
  );
}
