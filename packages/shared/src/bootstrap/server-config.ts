import { createHash } from 'node:crypto';
import type { NatsTrust } from './nats-authority.ts';

/** nats-server's configuration: JetStream on, everybody known by a JWT, nobody without. */
export function natsConfig(trust: NatsTrust, options: { listen: string; storeDir: string }): string {
  return [
    `listen: ${JSON.stringify(options.listen)}`,
    'server_name: kubus',
    'max_payload: 8MB',
    'max_pending: 256MB',
    'write_deadline: "10s"',
    // A process that has stopped stays a member of its queue group until then, and takes requests that it does not answer.
    'ping_interval: "10s"',
    'ping_max: 2',
    `jetstream { store_dir: ${JSON.stringify(options.storeDir)}, max_mem: 256MB, max_file: 64GB }`,
    `operator: ${trust.operatorJwt}`,
    `system_account: ${trust.systemAccount}`,
    'resolver: MEMORY',
    'resolver_preload: {',
    ...trust.accounts.map((account) => `  ${account.publicKey}: ${account.jwt}`),
    '}',
    '',
  ].join('\n');
}

/** Passwords of the Redis users, made once. */
export interface RedisPasswords {
  api: string;
  scheduler: string;
  'controller-manager': string;
}

/** By its Unix socket, where it has one: ioredis takes a `path` before host and port. Without the path it is the URL for everybody else. */
export function formatRedisUrl(
  user: keyof RedisPasswords,
  password: string,
  address: string,
  socket: string | undefined,
): string {
  const url = `redis://${user}:${password}@${address}`;
  return socket === undefined ? url : `${url}?path=${encodeURIComponent(socket)}`;
}

/**
 * Redis users: nothing without a password; the api writes state; scheduler and controller-manager read it, and the latter also owns the queues.
 * Passwords stand here as SHA-256, as Redis' ACL files take them.
 */
export function redisAcl(passwords: RedisPasswords): string {
  const hash = (password: string) => `#${createHash('sha256').update(password).digest('hex')}`;
  const everyone = '+@connection -client|kill -client|pause -client|unpause +ping +info +config|get +command';
  const read = '%R~{kubus}:* +@read +eval_ro +evalsha_ro';
  return [
    // Nobody can log in as this user, but Redis itself loads its append-only file as it: without permissions every transaction in it would be lost.
    'user default off ~* &* +@all',
    `user api on ${hash(passwords.api)} ~* &* +@all -@admin -@dangerous +keys ${everyone}`,
    `user scheduler on ${hash(passwords.scheduler)} resetchannels ${read} ${everyone}`,
    `user controller-manager on ${hash(passwords['controller-manager'])} resetchannels ${read} ~bull:* &* +@all -@admin -@dangerous ${everyone}`,
    '',
  ].join('\n');
}

/** redis-server's configuration for a container: the same ACL, an append-only file that is seldom rewritten, no eviction. */
export function redisConfig(options: { aclFile: string; dir: string; bind: string; port: number }): string {
  return [
    `bind ${options.bind}`,
    `port ${options.port}`,
    'protected-mode no',
    `aclfile ${options.aclFile}`,
    `dir ${options.dir}`,
    'save ""',
    'appendonly yes',
    'appendfsync everysec',
    'auto-aof-rewrite-min-size 256mb',
    'maxmemory-policy noeviction',
    '',
  ].join('\n');
}
