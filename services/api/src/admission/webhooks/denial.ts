import { type Status, StatusError, statusCodes } from '@kubus/shared/errors';

/** A refusal as somebody outside worded it: with any code and any reason. */
class RelayedStatus extends StatusError {
  override readonly code: number;
  readonly #status: Status;

  constructor(status: Status & { code: number; message: string }) {
    const { reason, message, details } = status;
    const known = reason !== undefined && Object.hasOwn(statusCodes, reason) ? reason : 'Forbidden';
    super(known, message, details);
    this.code = status.code;
    this.#status = status;
  }

  override toStatus(): Status {
    return this.#status;
  }
}

/** What the client is told of a webhook's refusal (webhook/errors ToStatusErr): its own status, made one that refuses. */
export function denialBy(webhook: string, verdict: Partial<Status> = {}): StatusError {
  const deniedBy = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const why = verdict.message || verdict.reason;
  const { code = 0, reason, details } = verdict;
  return new RelayedStatus({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: why ? `${deniedBy}: ${why}` : `${deniedBy} without explanation`,
    ...(reason ? { reason } : {}),
    ...(details === undefined ? {} : { details }),
    code: Number.isInteger(code) && code >= 400 && code <= 599 ? code : 400,
  });
}

/** A webhook that could not be asked, or whose answer makes no sense. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';

  constructor(webhook: string, why: string, cause?: unknown) {
    super(`failed calling webhook ${JSON.stringify(webhook)}: ${why}`, { cause });
  }

  /** As the client sees it where failures refuse. */
  toStatusError(): StatusError {
    const message = `Internal error occurred: ${this.message}`;
    return new StatusError('InternalError', message, { causes: [{ message: this.message }] }, { cause: this });
  }
}
