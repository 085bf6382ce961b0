import { z } from 'zod';
import { StatusError } from '../../errors/index.ts';

/** What a node asks on `kubus.join`, over the credentials that allow nothing else. */
export const joinRequestSchema = z.object({
  token: z.string().max(512),
  /** A DNS subdomain (RFC 1123), as every node name. */
  node: z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/),
  /** Public nkey of a user, whose seed stays on the node. */
  publicKey: z.string().regex(/^U[A-Z2-7]{55}$/),
});

export type JoinRequest = z.infer<typeof joinRequestSchema>;

const joinAnswerSchema = z.union([
  z.object({ jwt: z.string() }),
  z.object({ code: z.number(), reason: z.string(), message: z.string() }),
]);

/** The node's user JWT. Throws the StatusError of a refusal. */
export function jwtOf(answer: unknown): string {
  const parsed = joinAnswerSchema.parse(answer);
  if ('jwt' in parsed) return parsed.jwt;
  throw StatusError.from({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', ...parsed } as never);
}
