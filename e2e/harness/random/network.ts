import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openWire, type Wire } from '@kubus/testkit';
import type { NetworkFault } from './schedule.ts';

const preloaded = fileURLToPath(new URL('../wired.mjs', import.meta.url));

/** What comes over a slow link is so late; milliseconds. */
const slowMs = 300;

/** The links of each program of a cluster to NATS and to Redis: TCP, and each can be cut, muted or slow. */
export class Network {
  /** For a cluster whose processes use it. */
  readonly env: Record<string, string>;
  readonly #dir: string;
  readonly #wires: ReadonlyMap<string, Wire>;

  private constructor(dir: string, wires: ReadonlyMap<string, Wire>) {
    this.#dir = dir;
    this.#wires = wires;
    this.env = { KUBUS_TEST_WIRES: fileIn(dir), NODE_OPTIONS: `--import=${preloaded}` };
  }

  /** For a cluster that will be started in this folder. */
  static async open(stateDir: string, programs: readonly string[]): Promise<Network> {
    const record = () => JSON.parse(readFileSync(join(stateDir, 'cluster.json'), 'utf8'));
    const wires = new Map<string, Wire>();
    for (const program of programs) {
      wires.set(`${program} nats`, await openWire(() => record().natsPort));
      wires.set(`${program} redis`, await openWire(() => record().redisPort));
    }
    const dir = await mkdtemp(join(tmpdir(), 'kubus-wires-'));
    const ports = Object.fromEntries([...wires].map(([name, { port }]) => [name, port]));
    await writeFile(fileIn(dir), JSON.stringify(ports));
    return new Network(dir, wires);
  }

  /** Resolves when it is over. */
  async inject({ program, server, how, forMs }: NetworkFault): Promise<void> {
    const wire = this.#wires.get(`${program} ${server}`);
    if (how === 'cut') wire?.cut();
    else if (how === 'mute') wire?.mute();
    else wire?.delay(slowMs);
    await after(forMs);
    wire?.mend();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#wires.values()].map((wire) => wire.close()));
    await rm(this.#dir, { recursive: true, force: true });
  }
}

const fileIn = (dir: string) => join(dir, 'wires.json');
