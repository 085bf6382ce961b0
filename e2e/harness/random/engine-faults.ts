import { setTimeout as after } from 'node:timers/promises';
import type { SecondEngine } from '../engine.ts';
import type { Recorded, Violation } from '../history/index.ts';
import { run } from '../run.ts';
import type { Random } from './prng.ts';
import type { Fault } from './schedule.ts';

/** Images of the workloads: what they run ends at once when it is told to. */
const images = ['app:1', 'app:2', 'app:3', 'app:4'];
const program = ['sh', '-c', "trap 'exit 0' TERM; sleep 86400 & wait"];

/** A pod's container, or its sandbox ('') . */
const nameFormat = '{{.Label "kubus.io/pod-uid"}} {{.Label "kubus.io/container"}}';

/** Harms an engine, and watches over what must hold of its containers meanwhile. */
export class EngineFaults {
  readonly #engine: SecondEngine;
  readonly #random: Random;
  readonly #violations = new Set<Violation>();
  /** One at a time: an engine that is being started cannot be killed. */
  #crashing: Promise<void> = Promise.resolve();
  #watching: Promise<void> | undefined;
  #stopped = false;

  constructor(engine: SecondEngine, random: Random) {
    this.#engine = engine;
    this.#random = random;
  }

  /** Makes the images that the workloads name. */
  static async provideImages(engine: SecondEngine): Promise<void> {
    const id = (await engine.docker('create', 'busybox:1.36')).trim();
    for (const image of images)
      await engine.docker('commit', '--change', `CMD ${JSON.stringify(program)}`, '--message', image, id, image);
    await engine.docker('rm', id);
  }

  async inject(fault: Fault): Promise<void> {
    if (fault.kind === 'hangEngine') {
      const hang = this.#engine.hang();
      await new Promise((resolve) => setTimeout(resolve, fault.forMs));
      hang.end();
    } else if (fault.kind === 'crashEngine') {
      this.#crashing = this.#crashing.then(() => this.#engine.crash());
      await this.#crashing;
    } else if (fault.kind === 'killContainers') await this.#harm(['kill'], fault.count);
    else if (fault.kind === 'removeContainers') await this.#harm(['rm', '--force'], fault.count);
  }

  /** From now on no container may run twice at the same time (I5). */
  watch(): void {
    this.#watching = this.#look();
  }

  /** What was seen that must not be. */
  async end(): Promise<Violation[]> {
    this.#stopped = true;
    await this.#watching;
    return [...this.#violations];
  }

  /** I7: what is on the engine beside what these pods need. */
  async leftovers(pods: readonly Recorded[]): Promise<Violation[]> {
    const uids = new Set(pods.map(({ metadata }) => metadata.uid));
    const containers = lines(await this.#engine.docker('ps', '--all', '--format', nameFormat));
    const volumes = lines(await this.#engine.docker('volume', 'ls', '--quiet'));
    const networks = lines(await this.#engine.docker('network', 'ls', '--quiet', '--filter', 'type=custom'));
    return [
      ...containers
        .filter((name) => !uids.has(name.split(' ')[0] ?? ''))
        .map((name) => `a container is left over: ${name}`),
      ...volumes.map((volume) => `a volume is left over: ${volume}`),
      ...(networks.length > 1 ? [`${networks.length} networks, where there is one cluster`] : []),
    ];
  }

  async #look(): Promise<void> {
    while (!this.#stopped) {
      const { code, stdout } = await this.#docker('ps', '--format', nameFormat);
      const seen = new Set<string>();
      for (const name of code === 0 ? lines(stdout) : []) {
        if (seen.has(name)) this.#violations.add(`runs twice at the same time: ${name}`);
        seen.add(name);
      }
      await after(300);
    }
  }

  /** An engine that is down has nothing to be harmed. */
  async #harm(command: readonly string[], count: number): Promise<void> {
    const { stdout } = await this.#docker('ps', '--quiet', '--no-trunc', '--filter', 'label=kubus.io/pod-uid');
    const running = lines(stdout);
    const victims = Array.from({ length: Math.min(count, running.length) }, () => this.#random.pick(running));
    if (victims.length > 0) await this.#docker(...command, ...new Set(victims));
  }

  #docker(...args: string[]) {
    return run('docker', ['-H', this.#engine.host, ...args], { timeoutMs: 30_000 });
  }
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');
