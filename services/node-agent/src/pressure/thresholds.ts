import { quantityValue } from '@kubus/shared/object';

/** What a node may run short of (Kubernetes: "Node-pressure Eviction", eviction signals). */
const signalNames = ['memory.available', 'nodefs.available', 'nodefs.inodesFree', 'pid.available'] as const;
export type SignalName = (typeof signalNames)[number];

/** What there is of it, and what of that is free. */
export interface Signal {
  available: number;
  capacity: number;
}

export type Signals = ReadonlyMap<SignalName, Signal>;

export interface Threshold {
  signal: SignalName;
  /** As it was given: '100Mi', '10%'. */
  text: string;
  /** Below this the node is under pressure. */
  limit(capacity: number): number;
  /** Soft: for so long the node may be under pressure before a pod goes; milliseconds. Absent: hard, pods go at once. */
  graceMs?: number;
  /** What has to be free beyond the limit before the pressure counts as over. */
  reclaim?(capacity: number): number;
}

/** kubelet's form: `memory.available<100Mi,nodefs.available<10%`; throws on anything else. */
export function parseThresholds(text: string): Threshold[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', value = ''] = part.split('<').map((piece) => piece.trim());
      const signal = signalNames.find((known) => known === name);
      if (signal === undefined || value === '')
        throw new Error(`not a threshold: ${JSON.stringify(part)} (${signalNames.join(', ')})`);
      return { signal, text: value, limit: limitOf(value) };
    });
}

/** An amount ('100Mi') or a share of all there is ('10%'); throws on anything else. */
export function limitOf(value: string): (capacity: number) => number {
  if (!value.endsWith('%')) {
    const amount = quantityValue(value);
    return () => amount;
  }
  const share = Number(value.slice(0, -1)) / 100;
  if (!(share >= 0 && share <= 1)) throw new Error(`not a share: ${value}`);
  return (capacity) => capacity * share;
}

/** What kubelet takes as evictionHard, evictionSoft, evictionSoftGracePeriod and evictionMinimumReclaim, the last two as `signal=value`. */
export interface EvictionSettings {
  hard: readonly Threshold[];
  soft: readonly Threshold[];
  /** Milliseconds. */
  softGrace: ReadonlyMap<SignalName, number>;
  minimumReclaim: ReadonlyMap<SignalName, (capacity: number) => number>;
}

/** All of them as one list. Throws when a soft threshold has no grace period. */
export function evictionThresholds({ hard, soft, softGrace, minimumReclaim }: EvictionSettings): Threshold[] {
  const reclaims = (threshold: Threshold): Threshold => {
    const reclaim = minimumReclaim.get(threshold.signal);
    return reclaim === undefined ? threshold : { ...threshold, reclaim };
  };
  const softened = soft.map((threshold) => {
    const graceMs = softGrace.get(threshold.signal);
    if (graceMs === undefined)
      throw new Error(`grace period must be specified for the soft eviction threshold ${threshold.signal}`);
    return { ...threshold, graceMs };
  });
  return [...hard, ...softened].map(reclaims);
}

/** `memory.available=1m30s,...`; throws on anything else. */
export function parseBySignal<T>(text: string, parse: (value: string) => T): Map<SignalName, T> {
  const pairs = text.split(',').filter((part) => part !== '');
  return new Map(
    pairs.map((part) => {
      const [name = '', value = ''] = part.split('=').map((piece) => piece.trim());
      const signal = signalNames.find((known) => known === name);
      if (signal === undefined || value === '')
        throw new Error(`not a value of a signal: ${JSON.stringify(part)} (${signalNames.join(', ')})`);
      return [signal, parse(value)];
    }),
  );
}

/** The thresholds that are passed; of those that were passed before, `also` their minimum reclaim has to be free. */
export const exceeded = (
  thresholds: readonly Threshold[],
  signals: Signals,
  also: ReadonlySet<Threshold> = new Set(),
): Threshold[] =>
  thresholds.filter((threshold) => {
    const now = signals.get(threshold.signal);
    if (now === undefined || now.capacity === 0) return false;
    const more = also.has(threshold) ? (threshold.reclaim?.(now.capacity) ?? 0) : 0;
    return now.available < threshold.limit(now.capacity) + more;
  });

export type PressureCondition = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

export function conditionOf(signal: SignalName): PressureCondition {
  if (signal === 'memory.available') return 'MemoryPressure';
  return signal === 'pid.available' ? 'PIDPressure' : 'DiskPressure';
}
