import { randomInt } from 'node:crypto';
import { isFree, reservePort } from '@kubus/shared/ports';

/**
 * A port of the loopback that is this process's until it ends: no test gets it that runs in another one, also not while the server that had it is killed and
 * not started again yet. It is none that the system gives out by itself, to connections and to who asks for any port.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const release = await reservePort(port);
    if (release === undefined) continue;
    if (await isFree(port)) return port;
    release();
  }
}
