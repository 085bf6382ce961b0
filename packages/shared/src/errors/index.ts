/**
 * The catalogue of API errors. A Status object is the only error body a client sees
 * (Kubernetes: apimachinery/pkg/api/errors, API conventions "Response Status Kind").
 */

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, unknown>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: StatusReason;
  details?: StatusDetails;
  code?: number;
}

export const statusCodes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  ServerTimeout: 500,
  Timeout: 504,
} as const;

export type StatusReason = keyof typeof statusCodes;

/** An error that is answered to the client as a Status. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly reason: StatusReason;
  readonly code: number;
  readonly details: StatusDetails | undefined;
  readonly continue: string | undefined;

  /** `continue`: where a list that was broken off can go on. */
  constructor(
    reason: StatusReason,
    message: string,
    details?: StatusDetails,
    options?: ErrorOptions & { continue?: string },
  ) {
    super(message, options);
    this.continue = options?.continue;
    this.reason = reason;
    this.code = statusCodes[reason];
    this.details = details;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continue === undefined ? {} : { continue: this.continue },
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: withoutEmpty(this.details) }),
      code: this.code,
    };
  }

  /** The other direction: what a bus or HTTP client makes of a failure body. */
  static from(status: Status): StatusError {
    const reason = status.reason !== undefined && status.reason in statusCodes ? status.reason : 'InternalError';
    return new StatusError(reason, status.message ?? 'unknown error', status.details);
  }
}

/** Every field of StatusDetails, and of a cause, is left out when it is empty (apimachinery/pkg/apis/meta/v1). */
function withoutEmpty({ causes, ...details }: StatusDetails): StatusDetails {
  return {
    ...fieldsOf(details),
    ...(causes === undefined || causes.length === 0 ? {} : { causes: causes.map(fieldsOf) }),
  };
}

function fieldsOf<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== '' && value !== 0)) as T;
}

const hasReason =
  (...reasons: StatusReason[]) =>
  (error: unknown): error is StatusError =>
    error instanceof StatusError && reasons.includes(error.reason);

export const isNotFound = hasReason('NotFound');
export const isAlreadyExists = hasReason('AlreadyExists');
export const isConflict = hasReason('Conflict');
export const isInvalid = hasReason('Invalid');
export const isForbidden = hasReason('Forbidden');
export const isExpired = hasReason('Expired', 'Gone');
/** True when a server was not there, or not in time. */
export const isAway = hasReason('ServiceUnavailable', 'Timeout');
/** True when the same request may succeed if sent again unchanged. */
export const isRetryable = hasReason(
  'TooManyRequests',
  'ServerTimeout',
  'Timeout',
  'ServiceUnavailable',
  'InternalError',
);

/** One validation failure; see apimachinery/pkg/util/validation/field for types and message forms. */
export interface FieldError {
  type:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueNotFound'
    | 'FieldValueTypeInvalid'
    | 'InternalError';
  field: string;
  /** Full text after the field path, e.g. `Invalid value: "x": must be ...`. */
  detail: string;
}

/** 422 with every cause, worded as kube-apiserver words it. */
export function invalid(
  subject: { group: string; kind: string; name: string },
  errors: readonly FieldError[],
): StatusError {
  const lines = [...new Set(errors.map((e) => `${e.field}: ${e.detail}`))];
  const body = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const kind = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
  return new StatusError('Invalid', `${kind} "${subject.name}" is invalid: ${body}`, {
    ...subject,
    causes: errors.map((e) => ({ reason: e.type, message: e.detail, field: e.field })),
  });
}

/** Kubernetes' NotFound for an object of a resource. */
export function notFound(resource: { group: string; resource: string }, name: string): StatusError {
  const qualified = resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`;
  return new StatusError('NotFound', `${qualified} "${name}" not found`, {
    name,
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.resource,
  });
}
