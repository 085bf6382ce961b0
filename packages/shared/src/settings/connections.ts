import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SettingsError, wholeNumber } from './parse.ts';

const address = z.string().regex(/^(?:\[[0-9a-fA-F:.]+\]|[^\s:@/]+):\d{1,5}$/, 'expected host:port');

/** The environment variables that every service reads; spread into a service's own `z.object`. */
export const commonSettings = {
  /** Comma-separated. */
  NATS_URL: z.string().default('nats://127.0.0.1:4222'),
  /** A .creds file; default `nats.creds` in the state folder. Without either the bus is used without credentials (tests). */
  KUBUS_NATS_CREDS: z.string().optional(),
  /** State; default the `redis.url` of the state folder. */
  REDIS_URL: z.string().optional(),
  /** Where the Redis of `redis.url` is reached from here, in place of the address written there. */
  KUBUS_REDIS_ADDRESS: address.optional(),
  /** Queues; default that of the state. */
  KUBUS_QUEUE_REDIS_URL: z.string().optional(),
  /** Folder with this service's secrets, written by the bootstrap. */
  KUBUS_STATE_DIR: z.string().optional(),
  KUBUS_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Name of the cluster in container labels. */
  KUBUS_CLUSTER: z.string().default('kubus'),
};

/** Of the services that make streams and buckets in JetStream. */
export const streamSettings = {
  /** Copies of each in a NATS cluster; 1 for a server alone. */
  KUBUS_NATS_REPLICAS: wholeNumber(1, 5).prefault('1'),
};

const commonSchema = z.object(commonSettings);
export type CommonSettings = z.infer<typeof commonSchema>;

/** Where a service finds Redis and NATS, files already read. */
export interface Connections {
  natsUrls: string[];
  /** Content of the .creds file. */
  natsCreds?: string;
  /** Undefined where neither REDIS_URL nor a state folder names one; node-agents have none. */
  redisUrl?: string;
  queueRedisUrl?: string;
}

/** Of a service that reads or writes the state. */
export type StateConnections = Connections & Required<Pick<Connections, 'redisUrl' | 'queueRedisUrl'>>;

/** Throws SettingsError for a file that cannot be read. */
export async function resolveConnections(
  settings: Pick<
    CommonSettings,
    'NATS_URL' | 'KUBUS_NATS_CREDS' | 'REDIS_URL' | 'KUBUS_REDIS_ADDRESS' | 'KUBUS_QUEUE_REDIS_URL' | 'KUBUS_STATE_DIR'
  >,
): Promise<Connections> {
  const inState = (name: string) =>
    settings.KUBUS_STATE_DIR === undefined ? undefined : join(settings.KUBUS_STATE_DIR, name);
  const natsCreds =
    settings.KUBUS_NATS_CREDS === undefined
      ? await readIfThere(inState('nats.creds'))
      : await readNamed('KUBUS_NATS_CREDS', settings.KUBUS_NATS_CREDS);
  const written = settings.REDIS_URL ?? (await readIfThere(inState('redis.url')))?.trim();
  const redisUrl =
    written === undefined ? undefined : readdress(written, settings.KUBUS_REDIS_ADDRESS, settings.REDIS_URL);
  const queueRedisUrl = settings.KUBUS_QUEUE_REDIS_URL ?? redisUrl;
  return {
    natsUrls: settings.NATS_URL.split(',').map((url) => url.trim()),
    ...(natsCreds === undefined ? {} : { natsCreds }),
    ...(redisUrl === undefined ? {} : { redisUrl }),
    ...(queueRedisUrl === undefined ? {} : { queueRedisUrl }),
  };
}

/** An explicit REDIS_URL names its own address. A Unix socket is another address of the server that `url` names. */
function readdress(url: string, to: string | undefined, explicit: string | undefined): string {
  if (to === undefined || explicit !== undefined) return url;
  const parsed = new URL(url);
  parsed.host = to;
  parsed.searchParams.delete('path');
  return parsed.href;
}

/** The same for a service that cannot do without the state. Throws SettingsError too when nothing names a Redis. */
export async function resolveStateConnections(
  settings: Parameters<typeof resolveConnections>[0],
): Promise<StateConnections> {
  const { redisUrl, queueRedisUrl = redisUrl, ...rest } = await resolveConnections(settings);
  if (redisUrl === undefined || queueRedisUrl === undefined)
    throw new SettingsError(['REDIS_URL: neither it nor redis.url in KUBUS_STATE_DIR is there']);
  return { ...rest, redisUrl, queueRedisUrl };
}

async function readIfThere(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SettingsError([`KUBUS_STATE_DIR: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`]);
  }
}

async function readNamed(setting: string, path: string): Promise<string> {
  const content = await readIfThere(path);
  if (content === undefined) throw new SettingsError([`${setting}: ${path} does not exist`]);
  return content;
}
