import { expect, it } from 'vitest';
import { layoutOf } from './layout.ts';
import { redisProgram, redisSocket } from './programs.ts';

const record = { name: 'x', apiPort: 1, redisPort: 2, natsPort: 3, runtime: 'sim', nodes: 0 } as const;
const long = `/${'ä'.repeat(50)}`;

it('Redis has a socket in the folder of the cluster, for its user alone, where the path is not too long for one', () => {
  expect(redisSocket(layoutOf('/home/me/.kubus'))).toBe('/home/me/.kubus/run/redis.sock');
  expect(redisSocket(layoutOf(long))).toBeUndefined();
  const argumentsIn = (root: string) =>
    redisProgram(layoutOf(root), record, { kind: 'path', command: 'redis-server' }).args.join(' ');
  expect(argumentsIn('/c')).toContain('--unixsocket /c/run/redis.sock --unixsocketperm 700');
  expect(argumentsIn(long)).not.toContain('unixsocket');
});

it('a Redis in a container has none: it runs as another user', () => {
  const program = redisProgram(layoutOf('/c'), record, { kind: 'container', image: 'redis:7' });
  expect(program.args.join(' ')).not.toContain('unixsocket');
});

it.each([
  { kind: 'path', command: 'redis-server' } as const,
  { kind: 'container', image: 'redis:7' } as const,
])('Redis rewrites its file from 256 MB on: $kind', (how) => {
  const { args } = redisProgram(layoutOf('/c'), record, how);
  expect(args.join(' ')).toContain(' --auto-aof-rewrite-min-size 256mb');
});
