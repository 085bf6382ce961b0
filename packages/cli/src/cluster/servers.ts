import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterRecord } from './layout.ts';
import { MissingPrerequisite } from './prerequisites.ts';
import type { Progress } from './progress.ts';

/** NATS or Redis, without the credentials that its URL may hold. */
export interface ServerAddress {
  /** For users: 'NATS at 10.0.0.1:4222 (NATS_URL)'. */
  readonly text: string;
  readonly host: string;
  readonly port: number;
}

/** That of NATS_URL, else that of the cluster's record. */
export function natsAddress(record: Pick<ClusterRecord, 'natsPort'> | undefined, env = process.env): ServerAddress {
  return addressOf('NATS', 'NATS_URL', env['NATS_URL'], record?.natsPort ?? 4222);
}

/** That of REDIS_URL, else that of the cluster's record. */
export function redisAddress(record: Pick<ClusterRecord, 'redisPort'>, env = process.env): ServerAddress {
  return addressOf('Redis', 'REDIS_URL', env['REDIS_URL'], record.redisPort);
}

/** Of several, comma-separated, the first one. */
function addressOf(what: string, setting: string, given: string | undefined, ownPort: number): ServerAddress {
  if (given === undefined) return { host: '127.0.0.1', port: ownPort, text: `${what} at 127.0.0.1:${ownPort}` };
  const port = what === 'NATS' ? 4222 : 6379;
  const [first = '', ...others] = given.split(',');
  const url = URL.parse(first.includes('://') ? first.trim() : `server://${first.trim()}`);
  if (url === null || url.hostname === '')
    throw new MissingPrerequisite(`${setting} names no server: expected ${what.toLowerCase()}://HOST:PORT`);
  const at = { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? port : Number(url.port) };
  const more = others.length > 0 ? ' and others' : '';
  return { ...at, text: `${what} at ${url.hostname}:${at.port}${more} (${setting})` };
}

/** Says once what is waited for, when it takes longer than `afterMs` (default 5,000), and goes on waiting. */
export async function waitAloud<T>(
  what: () => string,
  progress: Progress,
  waiting: Promise<T>,
  afterMs = 5_000,
): Promise<T> {
  const timer = setTimeout(() => progress.line(`  still waiting for ${what()}`), afterMs);
  try {
    return await waiting;
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when something accepts connections there. Throws at the deadline (of Date.now). */
export async function waitForServer({ host, port, text }: ServerAddress, deadline: number): Promise<void> {
  while (!(await accepts(host, port))) {
    if (Date.now() > deadline) throw new MissingPrerequisite(`${text} cannot be reached`);
    await delay(100);
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 5_000 });
    const end = (accepted: boolean) => () => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}
