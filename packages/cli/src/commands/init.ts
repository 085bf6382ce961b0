import { join } from 'node:path';
import { bootstrap } from '@kubus/shared/bootstrap';
import { parse } from '../arguments.ts';
import type { Command } from './index.ts';

/**
 * `kubus init`: writes the state folder of a cluster whose servers and services run as containers, each with its own folder mounted
 * (docker-compose.yml). Run again, it keeps what is there.
 */
export const init: Command = {
  summary: 'write the secrets and configuration of a cluster (used by docker-compose.yml)',
  usage: 'kubus init --state DIR [--redis HOST:PORT]   (KUBUS_API_URL: where clients reach the API)',
  async run(args, { progress }) {
    const { values } = parse(args, {
      state: { type: 'string', default: '/state' },
      redis: { type: 'string', default: 'redis:6379' },
    });
    await bootstrap({
      dir: values.state,
      apiUrl: process.env['KUBUS_API_URL'] ?? 'https://127.0.0.1:6443',
      apiNames: ['api'],
      redisAddress: values.redis,
      nats: { listen: '0.0.0.0:4222', storeDir: '/data' },
      redis: { aclFile: '/state/redis/users.acl', dir: '/data', bind: '* -::*', port: 6379 },
      kubeconfig: join(values.state, 'cli', 'kubeconfig'),
    });
    progress.line(`The cluster's state is in ${values.state}.`);
    return 0;
  },
};
