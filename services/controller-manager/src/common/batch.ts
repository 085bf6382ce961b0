import type { ApiClient, ApiRequest, ApiResponse, BatchOptions } from '@kubus/shared/bus';
import { type Status, StatusError } from '@kubus/shared/errors';

/** Well under NATS' default limit of 1 MiB for a message, with room for the envelope. */
const maxBatchBytes = 256 * 1024;
const maxBatchRequests = 100;
const requestOverhead = 256;

/** Success, or why the request was refused. */
export type Answer = { error?: never; body: unknown } | { error: StatusError; body?: never };

/**
 * Sends requests in as few messages as fit, one message after the other, so that they take effect in their order. Answers are in the order
 * of the requests. Throws when a message could not be delivered or answered; what came before it has taken effect.
 */
export async function sendAll(
  api: Pick<ApiClient, 'batch'>,
  requests: readonly ApiRequest[],
  options?: BatchOptions,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const batch of split(requests)) {
    const responses = await api.batch(batch, options);
    answers.push(...batch.map((_, index) => answerOf(responses[index])));
  }
  return answers;
}

function answerOf(response: ApiResponse | undefined): Answer {
  if (response === undefined) return { error: new StatusError('InternalError', 'the API left a request unanswered') };
  return response.code < 400 ? { body: response.body } : { error: StatusError.from(response.body as Status) };
}

function split(requests: readonly ApiRequest[]): ApiRequest[][] {
  const batches: ApiRequest[][] = [];
  let room = 0;
  for (const request of requests) {
    const size = requestOverhead + (request.body === undefined ? 0 : Buffer.byteLength(JSON.stringify(request.body)));
    const last = batches.at(-1);
    if (last === undefined || size > room || last.length === maxBatchRequests) {
      batches.push([request]);
      room = maxBatchBytes - size;
    } else {
      last.push(request);
      room -= size;
    }
  }
  return batches;
}
