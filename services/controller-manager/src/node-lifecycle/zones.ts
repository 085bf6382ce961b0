import type { Node } from '@kubus/shared/schema';
import { parseTime } from '../common/time.ts';
import type { NodeLifecycleSettings } from './settings.ts';
import { evictionTaintOf, readyCondition } from './taints.ts';

/** How a zone fares (Kubernetes: Nodes, "Rate limits on eviction"). */
export type ZoneState = 'normal' | 'partialDisruption' | 'fullDisruption';

export interface Zone {
  nodes: number;
  notReady: number;
  /** When a node of it was last given up; milliseconds since 1970. */
  lastEviction: number | undefined;
}

export interface Zones {
  of(node: Node): Zone;
  /** No node is ready anywhere: it is us who see nothing, and nobody is given up. */
  allDisrupted: boolean;
}

const regionLabel = 'topology.kubernetes.io/region';
const zoneLabel = 'topology.kubernetes.io/zone';
const excludedLabel = 'node.kubernetes.io/exclude-disruption';

export function zoneOf({ metadata }: Node): string {
  return `${metadata.labels?.[regionLabel] ?? ''}\0${metadata.labels?.[zoneLabel] ?? ''}`;
}

export function observeZones(nodes: readonly Node[]): Zones {
  const zones = new Map<string, Zone>();
  const zone = (node: Node): Zone => zones.get(zoneOf(node)) ?? { nodes: 0, notReady: 0, lastEviction: undefined };
  for (const node of nodes) {
    const counted = !Object.hasOwn(node.metadata.labels ?? {}, excludedLabel);
    const old = zone(node);
    zones.set(zoneOf(node), {
      nodes: old.nodes + (counted ? 1 : 0),
      notReady: old.notReady + (counted && !isReady(node) ? 1 : 0),
      lastEviction: latest(old.lastEviction, parseTime(evictionTaintOf(node)?.timeAdded)),
    });
  }
  const counted = [...zones.values()].filter(({ nodes: count }) => count > 0);
  return {
    of: zone,
    allDisrupted: counted.length > 0 && counted.every(({ nodes: all, notReady }) => notReady === all),
  };
}

function isReady(node: Node): boolean {
  return readyCondition(node.status?.conditions ?? [])?.status === 'True';
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

export function stateOf(zone: Zone, settings: NodeLifecycleSettings): ZoneState {
  if (zone.nodes > 0 && zone.notReady === zone.nodes) return 'fullDisruption';
  const many = zone.notReady > 2 && zone.notReady / zone.nodes >= settings.unhealthyZoneThreshold;
  return many ? 'partialDisruption' : 'normal';
}

/** Nodes per second that may be given up. */
function evictionRate(zone: Zone, settings: NodeLifecycleSettings): number {
  if (stateOf(zone, settings) !== 'partialDisruption') return settings.evictionRate;
  return zone.nodes > settings.largeClusterSize ? settings.secondaryEvictionRate : 0;
}

/**
 * Milliseconds until another node of the zone may be given up; undefined: not as things are. The rate is read off the nodes themselves, so all replicas
 * keep to it together, and restarts change nothing.
 */
export function untilEviction(zone: Zone, settings: NodeLifecycleSettings, now: number): number | undefined {
  const rate = evictionRate(zone, settings);
  if (rate === 0) return undefined;
  return zone.lastEviction === undefined ? 0 : Math.max(0, zone.lastEviction + 1000 / rate - now);
}
