import { z } from 'zod';
import { StatusError } from '../../errors/index.ts';
import { textOf } from '../api/envelope.ts';
import type { NodeStreamRequest } from '../contract.ts';

const schema = z.object({
  request: z.object({
    operation: z.enum(['exec', 'attach', 'logs', 'portforward', 'kubelet']),
    namespace: z.string(),
    pod: z.string(),
    uid: z.string(),
    container: z.string().optional(),
    options: z.record(z.string(), z.unknown()),
  }),
});

/** Throws BadRequest with every problem; also when the subject asked for another operation. */
export function decodeStreamRequest(bytes: Uint8Array, operation: string): NodeStreamRequest {
  const result = schema.safeParse(JSON.parse(textOf(bytes)));
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new StatusError('BadRequest', `not the request of a stream: ${problems.join('; ')}`);
  }
  const { request } = result.data;
  if (request.operation !== operation)
    throw new StatusError('BadRequest', `asked for ${request.operation} on the subject of ${operation}`);
  const { container, ...rest } = request;
  return container === undefined ? rest : { ...rest, container };
}
