import type { Logger } from '@kubus/shared/telemetry';
import type { ImageLedger } from './image-ledger.ts';
import type { Signal } from './thresholds.ts';

export interface ImageCollectorOptions {
  ledger: ImageLedger;
  /** Images that the node's pods name. */
  inUse(): ReadonlySet<string>;
  /** False when a container of somebody else still uses it. */
  remove(image: string): Promise<boolean>;
  disk(): Promise<Signal | undefined>;
  now(): number;
  log: Logger;
  /** Percent of the disk: above `high` images are removed until `low` (kubelet: imageGCHighThresholdPercent 85, imageGCLowThresholdPercent 80). 100 never. */
  high: number;
  low: number;
  /** Images that no pod has used for so long go, however empty the disk is; milliseconds, 0 never (kubelet: imageMaximumGCAge, KEP-4210). */
  maxAgeMs: number;
}

/** Younger images stay; kubelet's two minutes. */
const minAgeMs = 120_000;

/** Removes images that this agent pulled and no pod uses, the longest unused first (Kubernetes: "Garbage collection of unused images"). */
export class ImageCollector {
  readonly #options: ImageCollectorOptions;

  constructor(options: ImageCollectorOptions) {
    this.#options = options;
  }

  /** What is too old, and more when the disk is fuller than it should be. */
  async collect(): Promise<void> {
    const { high, low, maxAgeMs } = this.#options;
    if (maxAgeMs > 0) await this.#removeOld(maxAgeMs);
    if (high >= 100 || (await this.#filled()) < high) return;
    await this.#removeWhile(async () => (await this.#filled()) > low);
  }

  /** All that can go; true when anything went. */
  reclaim(): Promise<boolean> {
    return this.#removeWhile(async () => true);
  }

  async #removeOld(maxAgeMs: number): Promise<void> {
    const { ledger, inUse, now } = this.#options;
    const used = inUse();
    // Counted from the last look at which a pod used it, not from when the pod was started.
    for (const [image] of ledger.byAge()) if (used.has(image)) await ledger.noteUse(image, now());
    await this.#removeWhile(async (at) => now() - at > maxAgeMs);
  }

  async #removeWhile(goOn: (lastUse: number) => Promise<boolean>): Promise<boolean> {
    const { ledger, inUse, remove, now, log } = this.#options;
    const used = inUse();
    let removed = false;
    for (const [image, at] of ledger.byAge()) {
      if (used.has(image) || now() - at < minAgeMs) continue;
      if (!(await goOn(at))) break;
      if (!(await remove(image))) continue;
      await ledger.forget(image);
      log.info({ image }, 'An image that no pod uses was removed');
      removed = true;
    }
    return removed;
  }

  /** Percent. */
  async #filled(): Promise<number> {
    const disk = await this.#options.disk();
    return disk === undefined || disk.capacity === 0 ? 0 : 100 - (100 * disk.available) / disk.capacity;
  }
}
