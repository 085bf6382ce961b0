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

/** Most bytes of a body that are shown. */
const SHOWN_BYTES = 30;

/** 400 as kube-apiserver words it for a body of which not even the kind can be read (endpoints/handlers/rest.go transformDecodeError). */
export function unrecognizedBody(type: string, message: string, body: Uint8Array, cause?: Error): StatusError {
  return new StatusError(
    'BadRequest',
    `the object provided is unrecognized (must be of type ${type}): ${message} (${summary(body)})`,
    undefined,
    cause === undefined ? undefined : { cause },
  );
}

/** What the reader of kinds says of JSON that it cannot read (runtime/serializer/json/meta.go). */
export const noVersionAndKind = (problem: string): string => `couldn't get version/kind; json parse error: ${problem}`;

/** The start of what looks like an object as text, of anything else as hexadecimal digits. */
function summary(body: Uint8Array): string {
  if (body.length === 0) return '<empty>';
  const shown = Buffer.from(body.subarray(0, SHOWN_BYTES));
  return `${shown.toString(shown[0] === 0x7b ? 'utf8' : 'hex')}${body.length > SHOWN_BYTES ? ' ...' : ''}`;
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
