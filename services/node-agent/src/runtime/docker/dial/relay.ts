import { rmdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream';

/**
 * A program of its own, started inside of a pod's network namespace: takes connections on the socket in the file system that its argument names, reads a port
 * (two bytes) from each, and joins it with that port of the loopback. See loopback-relays.ts, which imports nothing from here.
 */
const idleMs = 60_000;
const [path = ''] = process.argv.slice(2);

let open = 0;
let idle = setTimeout(() => process.exit(), idleMs);

const server = createServer({ allowHalfOpen: true }, (client) => {
  open += 1;
  clearTimeout(idle);
  client.once('close', () => {
    open -= 1;
    if (open === 0) idle = setTimeout(() => process.exit(), idleMs);
  });
  client.on('error', () => client.destroy());
  client.once('readable', function ask() {
    const head = client.read(2) as Buffer | null;
    if (head === null) client.once('readable', ask);
    else reach(client, head.readUInt16BE(0));
  });
});

function reach(client: Socket, port: number): void {
  tryHost('127.0.0.1', port, (first, target) => {
    if (target !== undefined) join(client, target);
    else
      tryHost('::1', port, (_second, other) =>
        other === undefined ? refuse(client, port, first) : join(client, other),
      );
  });
}

function tryHost(host: string, port: number, done: (error: string, target?: Socket) => void): void {
  const target = connect({ host, port, allowHalfOpen: true, noDelay: true });
  const failed = (error: NodeJS.ErrnoException): void => done(error.code ?? error.message);
  target.once('error', failed);
  target.once('connect', () => {
    target.off('error', failed);
    done('', target);
  });
}

function refuse(client: Socket, port: number, code: string): void {
  const why = code === 'ECONNREFUSED' ? 'connect: connection refused' : code;
  client.end(`\x01dial tcp 127.0.0.1:${port}: ${why}`);
}

/** Each direction ends by itself; an error ends both. */
function join(client: Socket, target: Socket): void {
  client.write('\0');
  const one = (from: Socket, to: Socket) =>
    pipeline(from, to, (error) => {
      if (error != null) for (const end of [client, target]) end.destroy();
    });
  one(client, target);
  one(target, client);
}

// The folder goes with the program, which may outlive the agent that made it.
process.once('exit', () => {
  rmSync(path, { force: true });
  rmdirSync(dirname(path));
});
server.listen(path, () => process.stdout.write('listening\n'));
// The agent's end of it: it has gone.
process.stdin.resume().on('end', () => process.exit());
