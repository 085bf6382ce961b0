// Preloaded into the processes of a cluster: each reaches NATS and Redis over links of the test's own, where a file has some for its program.
import { readdirSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';

const natsPort = Number(URL.parse(process.env.NATS_URL ?? '')?.port);
const run = join(process.env.KUBUS_STATE_DIR ?? '', '../../../run');

/** Which program of the cluster this is; undefined for one that its supervisor did not start. */
function program() {
  const own = (file) => file.endsWith('.pid') && readFileSync(join(run, file), 'utf8').startsWith(`${process.pid} `);
  return readdirSync(run).find(own)?.slice(0, -'.pid'.length);
}

function serverOf({ path, port }) {
  if (path?.endsWith('/redis.sock')) return 'redis';
  return Number(port) === natsPort ? 'nats' : undefined;
}

/** The port of the link; undefined: it goes there directly. */
function linkTo(server) {
  try {
    return JSON.parse(readFileSync(process.env.KUBUS_TEST_WIRES, 'utf8'))[`${program()} ${server}`];
  } catch {
    return undefined;
  }
}

const { connect } = Socket.prototype;
Socket.prototype.connect = function (...given) {
  // net.connect hands over its arguments in an array, the options first.
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  const server = typeof options === 'object' && options !== null ? serverOf(options) : undefined;
  const port = server && linkTo(server);
  if (port !== undefined) Object.assign(options, { path: undefined, host: '127.0.0.1', port });
  return connect.apply(this, given);
};
