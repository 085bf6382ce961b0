import { quantityValue } from '@kubus/shared/object';

/** What a node may run short of (Kubernetes: "Node-pressure Eviction", eviction signals). */
export const signalNames = ['memory.available', 'nodefs.available', 'nodefs.inodesFree', 'pid.available'] as const;
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

function limitOf(value: string): (capacity: number) => number {
  if (!value.endsWith('%')) {
    const amount = quantityValue(value);
    return () => amount;
  }
  const share = Number(value.slice(0, -1)) / 100;
  if (!(share >= 0 && share <= 1)) throw new Error(`not a share: ${value}`);
  return (capacity) => capacity * share;
}

/** The thresholds that are passed. */
export const exceeded = (thresholds: readonly Threshold[], signals: Signals): Threshold[] =>
  thresholds.filter(({ signal, limit }) => {
    const now = signals.get(signal);
    return now !== undefined && now.capacity > 0 && now.available < limit(now.capacity);
  });

export type PressureCondition = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

export function conditionOf(signal: SignalName): PressureCondition {
  if (signal === 'memory.available') return 'MemoryPressure';
  return signal === 'pid.available' ? 'PIDPressure' : 'DiskPressure';
}
