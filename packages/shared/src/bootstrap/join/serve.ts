import { createHash, timingSafeEqual } from 'node:crypto';
import type { Msg, NatsConnection } from 'nats';
import type { Logger } from 'pino';
import { formatInboxPrefix } from '../../bus/inbox.ts';
import { apiQueue, joinSubject } from '../../bus/subjects.ts';
import { StatusError } from '../../errors/index.ts';
import { issueUserJwt } from '../nats-authority.ts';
import type { NodeClaims } from './claims.ts';
import { type JoinRequest, joinRequestSchema } from './protocol.ts';

export interface ServeJoinOptions {
  connection: NatsConnection;
  /** Content of the api's `nats-account.seed`. */
  accountSeed: string;
  /** Content of the api's `join.token`. */
  token: string;
  claims: NodeClaims;
  log?: Logger;
  /** Requests handled at once; others are not answered, and come again. Default 50. */
  maxInFlight?: number;
  now?: () => Date;
}

/** A node's JWT ends after a year, as a kubelet's certificate does. */
const VALID_SECONDS = 365 * 24 * 3600;

/**
 * Answers nodes that want to join: with a JWT that is bound to the node's name and its key, for whoever shows the join token. A name belongs to the key that
 * came with it first, so that a machine with the token cannot become another node.
 */
export function serveJoin(options: ServeJoinOptions): { stop(): void } {
  const most = options.maxInFlight ?? 50;
  let inFlight = 0;
  const subscription = options.connection.subscribe(joinSubject, {
    queue: apiQueue,
    callback: (error, message) => {
      if (error !== null || inFlight >= most || !message.reply?.startsWith(`${formatInboxPrefix({ kind: 'join' })}.`))
        return;
      inFlight += 1;
      void answer(options, message).finally(() => {
        inFlight -= 1;
      });
    },
  });
  return { stop: () => subscription.unsubscribe() };
}

async function answer(options: ServeJoinOptions, message: Msg): Promise<void> {
  const respond = (body: object) => options.connection.isClosed() || message.respond(JSON.stringify(body));
  try {
    respond({ jwt: await join(options, requestOf(message.data)) });
  } catch (error) {
    if (!(error instanceof StatusError)) options.log?.error({ err: error }, 'A node could not be admitted');
    const known = error instanceof StatusError ? error : new StatusError('InternalError', 'internal error');
    respond({ code: known.code, reason: known.reason, message: known.message });
  }
}

async function join(options: ServeJoinOptions, request: JoinRequest): Promise<string> {
  const { node, publicKey } = request;
  if (!sameSecret(request.token, options.token)) {
    options.log?.warn({ node }, 'Refused a node with a wrong join token');
    throw new StatusError('Unauthorized', 'the join token is not valid');
  }
  if (!(await options.claims.claim(node, publicKey))) {
    options.log?.warn({ node, publicKey }, 'Refused a second key for the name of a node');
    throw new StatusError(
      'Forbidden',
      `node "${node}" has joined with another key; delete the Node to let it join anew`,
    );
  }
  options.log?.info({ node, publicKey }, 'Admitted a node');
  const now = (options.now ?? (() => new Date()))();
  const exp = Math.floor(now.getTime() / 1_000) + VALID_SECONDS;
  return issueUserJwt(options.accountSeed, { kind: 'node', name: node }, publicKey, { exp });
}

function requestOf(bytes: Uint8Array): JoinRequest {
  const result = joinRequestSchema.safeParse(parse(bytes));
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new StatusError('BadRequest', `not a request to join: ${problems.join('; ')}`);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes.subarray(0, 8_192)));
  } catch {
    throw new StatusError('BadRequest', 'not a request to join: no JSON');
  }
}

/** In a time that does not depend on where they differ. */
function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text.trim()).digest();
  return timingSafeEqual(digest(a), digest(b));
}
