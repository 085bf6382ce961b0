import { join } from 'node:path';
import type { Pod } from '@kubus/shared/schema';
import type { Logger } from '@kubus/shared/telemetry';
import type { PodManager } from '../pod/manager.ts';
import type { ContainerRecord, Runtime } from '../runtime/contract.ts';
import { bytesByPod, type ContainerUsage } from '../usage/index.ts';
import { ImageCollector } from './image-collector.ts';
import { openImageLedger } from './image-ledger.ts';
import { PressureMonitor } from './monitor.ts';
import { volumesOf } from './rank.ts';
import { readSignals } from './signals.ts';
import type { Threshold } from './thresholds.ts';

export { refusedUnderPressure } from './rank.ts';
export { readSignals } from './signals.ts';

export interface NodePressureOptions {
  thresholds: readonly Threshold[];
  /** kubelet: evictionMaxPodGracePeriod. */
  maxPodGraceSeconds: number;
  imageGc: { high: number; low: number; maxAgeMs: number };
  /** The agent's own folder, on the disk of the pods. */
  dir: string;
  /** Bytes on disk in the emptyDirs of a pod. */
  volumeBytes(pod: Pod): Promise<number>;
  /** Tells users that the node begins to free a resource. */
  announce(resource: string): void;
  runtime: Runtime & { usage(ids: readonly string[]): Promise<ContainerUsage[]> };
  /** Asked when something is to be decided: the pods come after this. */
  manager(): PodManager;
  log: Logger;
}

export interface NodePressure {
  readonly conditions: ReadonlySet<string>;
  imageUsed(image: string, pulled: boolean): void;
  start(): void;
  stop(): Promise<void>;
}

/** kubelet: ImageGCPeriod. */
const collectMs = 300_000;

/** What a node does about its own memory and disk. */
export async function openNodePressure(options: NodePressureOptions): Promise<NodePressure> {
  const { runtime, manager, log, dir, thresholds, imageGc, maxPodGraceSeconds, announce, volumeBytes } = options;
  const ledger = await openImageLedger(join(dir, 'images.json'));
  const own = new Set(ledger.byAge().map(([image]) => image));
  const images = new ImageCollector({
    ...{ ledger, log, now: Date.now, ...imageGc },
    inUse: () => new Set(manager().pods().flatMap(imagesOf)),
    remove: async (image) => {
      const removed = await runtime.removeImage(image);
      if (removed) own.delete(image);
      return removed;
    },
    disk: async () => (await readSignals(dir)).get('nodefs.available'),
  });
  const monitor = new PressureMonitor({
    // Of times that pass, none of which is told: the clock of the machine may be set.
    ...{ thresholds, log, now: () => performance.now(), maxPodGraceSeconds, announce },
    signals: () => readSignals(dir),
    pods: () => manager().pods(),
    usage: async (of) => {
      const used = await usageByPod(of, runtime);
      return of === 'memory' ? used : withVolumes(used, manager().pods(), volumeBytes);
    },
    reclaimDisk: () => images.reclaim(),
    evict: (pod, doom) => manager().doom(pod.metadata.uid ?? '', doom),
  });
  let timer: NodeJS.Timeout | undefined;
  return {
    get conditions() {
      return monitor.conditions;
    },
    imageUsed: (image, pulled) => {
      if (pulled) own.add(image);
      if (!own.has(image)) return;
      ledger
        .noteUse(image, Date.now())
        .catch((err: unknown) => log.warn({ err }, 'The list of images could not be kept'));
    },
    start: () => {
      monitor.start();
      timer = setInterval(() => {
        images.collect().catch((err: unknown) => log.warn({ err }, 'Unused images could not be removed'));
      }, collectMs);
      timer.unref();
    },
    stop: async () => {
      clearInterval(timer);
      await monitor.stop();
    },
  };
}

const imagesOf = ({ spec }: Pod): string[] =>
  [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])].map(
    ({ image = '' }) => image,
  );

async function usageByPod(
  of: 'memory' | 'ephemeral-storage',
  runtime: NodePressureOptions['runtime'],
): Promise<Map<string, Map<string, number>>> {
  const records = (await runtime.containers()).filter(({ container }) => container !== '');
  const bytes =
    of === 'memory'
      ? new Map((await runtime.usage(running(records))).map(({ id, memoryBytes }) => [id, memoryBytes]))
      : await runtime.writtenBytes();
  return bytesByPod(records, bytes);
}

/** Measured only once the disk is short: it costs a walk through the files. */
async function withVolumes(
  used: Map<string, Map<string, number>>,
  pods: readonly Pod[],
  volumeBytes: NodePressureOptions['volumeBytes'],
): Promise<Map<string, Map<string, number>>> {
  for (const pod of pods) {
    const bytes = await volumeBytes(pod);
    const uid = pod.metadata.uid ?? '';
    if (bytes > 0) used.set(uid, new Map([...(used.get(uid) ?? []), [volumesOf, bytes]]));
  }
  return used;
}

const running = (records: readonly ContainerRecord[]) =>
  records.filter(({ state }) => state === 'running').map(({ id }) => id);
