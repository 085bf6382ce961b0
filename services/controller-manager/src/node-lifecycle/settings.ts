import { duration } from '@kubus/shared/settings';
import { z } from 'zod';

/** As kube-controller-manager's flags of these names, with its defaults. */
export interface NodeLifecycleSettings {
  /** How long a node that is not healthy waits for the next look; milliseconds. */
  monitorPeriodMs: number;
  /** A node that has shown no sign of life for so long is unknown; milliseconds. */
  monitorGraceMs: number;
  /** The same for a node that has yet to post its status. */
  startupGraceMs: number;
  /** Nodes per second that are given up in a zone. */
  evictionRate: number;
  /** In a zone where many nodes are not ready, and that is large; a smaller one gives up none. */
  secondaryEvictionRate: number;
  /** More nodes than this make a zone large. */
  largeClusterSize: number;
  /** Part of a zone's nodes that are not ready from which on it counts as disrupted. */
  unhealthyZoneThreshold: number;
}

const fraction = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'expected a number such as 0.1')
  .transform(Number);

/** Environment variables; spread into the service's settings. */
export const nodeLifecycleEnvironment = {
  KUBUS_NODE_MONITOR_PERIOD: duration.prefault('5s'),
  KUBUS_NODE_MONITOR_GRACE_PERIOD: duration.prefault('50s'),
  KUBUS_NODE_STARTUP_GRACE_PERIOD: duration.prefault('60s'),
  KUBUS_NODE_EVICTION_RATE: fraction.prefault('0.1'),
  KUBUS_SECONDARY_NODE_EVICTION_RATE: fraction.prefault('0.01'),
  KUBUS_LARGE_CLUSTER_SIZE_THRESHOLD: fraction.prefault('50'),
  KUBUS_UNHEALTHY_ZONE_THRESHOLD: fraction.prefault('0.55'),
};

const environment = z.object(nodeLifecycleEnvironment);

export function nodeLifecycleSettings(from: z.infer<typeof environment>): NodeLifecycleSettings {
  return {
    monitorPeriodMs: from.KUBUS_NODE_MONITOR_PERIOD,
    monitorGraceMs: from.KUBUS_NODE_MONITOR_GRACE_PERIOD,
    startupGraceMs: from.KUBUS_NODE_STARTUP_GRACE_PERIOD,
    evictionRate: from.KUBUS_NODE_EVICTION_RATE,
    secondaryEvictionRate: from.KUBUS_SECONDARY_NODE_EVICTION_RATE,
    largeClusterSize: from.KUBUS_LARGE_CLUSTER_SIZE_THRESHOLD,
    unhealthyZoneThreshold: from.KUBUS_UNHEALTHY_ZONE_THRESHOLD,
  };
}
