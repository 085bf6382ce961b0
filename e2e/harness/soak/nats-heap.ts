import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, freePort } from '@kubus/testkit';
import type { Cluster } from '../cluster.ts';

/**
 * What is alive in the heap of NATS. The memory of its process says little of that: Go collects the heap once it has grown to five times what was alive (GOGC=400), and gives
 * memory back only later.
 */
export class NatsHeap {
  readonly #port: number;

  private constructor(port: number) {
    this.#port = port;
  }

  /** NATS is started anew, with a port on which it tells of its heap. */
  static async open(cluster: Cluster): Promise<NatsHeap> {
    const heap = new NatsHeap(await freePort());
    await appendFile(join(cluster.stateDir, 'state/nats/nats.conf'), `prof_port: ${heap.#port}\n`);
    process.kill(await cluster.pid('nats'), 'SIGTERM');
    await eventually(() => heap.aliveMiB(), 60_000, 500);
    return heap;
  }

  /** After a collection. */
  async aliveMiB(): Promise<number> {
    const profile = await fetch(`http://127.0.0.1:${this.#port}/debug/pprof/heap?gc=1&debug=1`);
    const [, bytes] = /^# HeapAlloc = (\d+)$/m.exec(await profile.text()) ?? [];
    if (bytes === undefined) throw new Error(`NATS does not tell of its heap: ${profile.status}`);
    return Number(bytes) / 2 ** 20;
  }
}
