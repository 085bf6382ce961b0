import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createUser, decode, fromSeed, type KeyPair } from '@nats-io/jwt';
import { NatsError } from 'nats';
import type { Logger } from 'pino';
import { connectBus } from '../../bus/connect.ts';
import { joinSubject } from '../../bus/subjects.ts';
import { isRetryable } from '../../errors/index.ts';
import { keepSecret, readSecret, writeSecret } from '../files.ts';
import { credsFile } from '../nats-authority.ts';
import { jwtOf } from './protocol.ts';

export interface JoinNodeOptions {
  /** Name to join under. */
  node: string;
  /** The node's own folder; keeps `node.seed` (never leaves it) and `nats.creds`. */
  dir: string;
  servers: string | readonly string[];
  /** Content of `join.creds` and of `join.token`. */
  joinCreds: string;
  token: string;
  log?: Logger;
  /** Gives up waiting for a bus or an api that is away. */
  signal?: AbortSignal;
  now?: () => Date;
}

/**
 * The node's own .creds, from its folder, or, the first time and when half of their life is over, from the api. Waits for bus and api for as long as
 * the old ones do not work either. Throws Unauthorized for a wrong token and Forbidden when the name belongs to another key.
 */
export async function joinNode(options: JoinNodeOptions): Promise<string> {
  const seed = await keepSecret(join(options.dir, 'node.seed'), () => new TextDecoder().decode(createUser().getSeed()));
  const pair = fromSeed(new TextEncoder().encode(seed.trim()));
  const path = join(options.dir, 'nats.creds');
  const kept = (await readSecret(path)) ?? '';
  const age = ageOf(kept, options, pair);
  if (age === 'fresh') return kept;
  try {
    const creds = credsFile(await ask(options, pair, age === 'none'), pair);
    await writeSecret(path, creds);
    return creds;
  } catch (err) {
    if (age === 'none') throw err;
    options.log?.warn({ err, node: options.node }, 'Credentials could not be renewed and are used as they are');
    return kept;
  }
}

function ageOf(creds: string, options: JoinNodeOptions, pair: KeyPair): 'none' | 'old' | 'fresh' {
  const jwt = /BEGIN NATS USER JWT-+\s+(\S+)/.exec(creds)?.[1];
  if (jwt === undefined) return 'none';
  const { name, sub, iat = 0, exp = 0 } = decode(jwt);
  if (name !== `node.${options.node}` || sub !== pair.getPublicKey()) return 'none';
  const now = (options.now ?? (() => new Date()))().getTime() / 1_000;
  if (now >= exp) return 'none';
  return now > (iat + exp) / 2 ? 'old' : 'fresh';
}

async function ask(options: JoinNodeOptions, pair: KeyPair, patient: boolean): Promise<string> {
  const { node, token, servers } = options;
  const connection = await connectBus({
    servers,
    identity: { kind: 'join' },
    creds: options.joinCreds,
    waitForServer: patient,
  });
  try {
    const request = JSON.stringify({ node, token: token.trim(), publicKey: pair.getPublicKey() });
    for (;;) {
      try {
        return jwtOf((await connection.request(joinSubject, request, { timeout: 5_000 })).json());
      } catch (error) {
        // Nobody there yet, or an api that cannot reach its state: both pass.
        if (!patient || options.signal?.aborted || !(error instanceof NatsError || isRetryable(error))) throw error;
      }
      await delay(500, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  } finally {
    await connection.close();
  }
}
