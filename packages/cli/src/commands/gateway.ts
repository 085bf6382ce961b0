import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { parse, UsageError } from '../arguments.ts';
import type { Command } from './index.ts';

/**
 * `kubus gateway`: one address before all api replicas of docker-compose.yml. Passes TCP through, so TLS and client certificates end at the api; each
 * connection goes to the next address behind the name, and to the one after it when that does not answer.
 */
export const gateway: Command = {
  summary: 'pass TCP connections on to all replicas behind a name (used by docker-compose.yml)',
  usage: 'kubus gateway --to HOST:PORT [--listen HOST:PORT]',
  async run(args, { progress }) {
    const { values } = parse(args, {
      listen: { type: 'string', default: '0.0.0.0:6443' },
      to: { type: 'string' },
    });
    const listen = hostAndPort('listen', values.listen);
    const to = hostAndPort('to', values.to ?? '');
    let turn = 0;
    const server = createServer((client) => {
      client.on('error', () => client.destroy());
      void passOn(client, to, turn++);
    });
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve());
    });
    server.listen(listen.port, listen.host);
    await once(server, 'listening');
    progress.line(`passing ${values.listen} on to ${values.to}`);
    await stopped;
    server.close();
    process.exit(0);
  },
};

function hostAndPort(name: string, text: string): { host: string; port: number } {
  const match = /^([^\s:]+):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[2]) > 65_535) throw new UsageError(`--${name} takes HOST:PORT, not '${text}'`);
  return { host: match[1] ?? '', port: Number(match[2]) };
}

async function passOn(client: Socket, to: { host: string; port: number }, turn: number): Promise<void> {
  const addresses = await lookup(to.host, { all: true }).catch(() => []);
  for (let i = 0; i < addresses.length; i++) {
    const address = addresses[(turn + i) % addresses.length]?.address ?? '';
    const upstream = await open(address, to.port);
    if (upstream === undefined) continue;
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    client.pipe(upstream).pipe(client);
    return;
  }
  client.destroy();
}

function open(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3_000, noDelay: true });
    const fail = () => {
      socket.destroy();
      resolve(undefined);
    };
    socket.once('error', fail);
    socket.once('timeout', fail);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
