import { StatusError } from '@kubus/shared/errors';

const reason = 'ResourceVersionTooLarge';

/** A revision is asked for that is not there, or not there yet (kube-apiserver: NewTooLargeResourceVersionError). */
export function revisionTooLarge(wanted: number, current: number): StatusError {
  return new StatusError('Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason, message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

export const isRevisionTooLarge = (error: unknown): boolean =>
  error instanceof StatusError && error.details?.causes?.some((cause) => cause.reason === reason) === true;
