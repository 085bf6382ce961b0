import { within } from '@kubus/shared/clock';

/** HTTP status with which the engine answered; undefined when it did not answer (no connection, time out). */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown }).statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** The engine's own words, without what its client puts around them. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // docker-modem; where the answer would have been a stream, the words are in the message alone.
  const { reason = 'unexpected', statusCode } = error as { reason?: string; statusCode?: number };
  const wrapping = `(HTTP code ${statusCode}) ${reason} - `;
  return error.message.startsWith(wrapping) ? error.message.slice(wrapping.length).trimEnd() : error.message;
}

/** The result; undefined when the engine answered with one of these statuses, which then mean that there is nothing left to do. */
export async function accepted<T>(call: Promise<T>, ...statuses: number[]): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    const status = statusOf(error);
    if (status !== undefined && statuses.includes(status)) return undefined;
    throw error;
  }
}

/** Rejects when the engine has not answered within the time; what it was asked may still happen. */
export function callWithin<T>(timeoutMs: number, call: Promise<T>): Promise<T> {
  return within(timeoutMs, call, () => {
    throw new Error(`the container runtime did not answer within ${timeoutMs} ms`);
  });
}
