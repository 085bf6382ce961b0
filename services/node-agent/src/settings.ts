import { hostname } from 'node:os';
import { commonSettings, duration, SettingsError, wholeNumber } from '@kubus/shared/settings';
import { z } from 'zod';
import { evictionThresholds, limitOf, parseBySignal, parseThresholds, type Threshold } from './pressure/thresholds.ts';
import { parsePeriods } from './shutdown/plan.ts';

/** What the function throws is a problem of the setting. */
const parsedBy =
  <T>(parse: (text: string) => T) =>
  (text: string, check: { addIssue(message: string): void }): T => {
    try {
      return parse(text);
    } catch (error) {
      check.addIssue(error instanceof Error ? error.message : String(error));
      return z.NEVER;
    }
  };

/** The environment of a node-agent. */
export const agentSettings = z.object({
  ...commonSettings,
  /** Name of the Node; of simulated nodes, what their numbers are put behind. */
  KUBUS_NODE_NAME: z.string().default(hostname()),
  KUBUS_RUNTIME: z.enum(['docker', 'sim']).default('docker'),
  /** The node's own folder: credentials, checkpoint, volumes; `{node}` in it stands for the node's name. */
  KUBUS_AGENT_DIR: z.string().default('/var/lib/kubus'),
  /** A folder on a file system in memory, the same for agent and engine; secrets in volumes are kept below it. */
  KUBUS_MEMORY_DIR: z.string().default('/dev/shm/kubus'),
  /** Whether the agent sees the host's files at their own paths, which it does not in a container. */
  KUBUS_SEES_HOST: z.stringbool().prefault('true'),
  /** Addresses of the cluster's DNS, separated by commas; none: pods use what the node uses. */
  KUBUS_CLUSTER_DNS: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((address) => address !== ''))
    .pipe(z.array(z.union([z.ipv4(), z.ipv6()]))),
  KUBUS_CLUSTER_DOMAIN: z.string().default('cluster.local'),
  KUBUS_DOCKER_SOCKET: z.string().default('/var/run/docker.sock'),
  /** unix:///path or tcp://host:port; goes before the socket. */
  DOCKER_HOST: z.string().optional(),
  /** kubelet: nodeLeaseDurationSeconds; renewed after a quarter of it, with a look at the node's own status. */
  KUBUS_NODE_LEASE_SECONDS: wholeNumber(1, 86_400).prefault('40'),
  /** Containers that are made at once. Engines make no more of them per second beyond about 8, but hold their own better against other load. */
  KUBUS_PARALLEL_STARTS: wholeNumber(1, 1_000).prefault('30'),
  /** Images that are pulled at once (kubelet: maxParallelImagePulls). */
  KUBUS_PARALLEL_PULLS: wholeNumber(1, 1_000).prefault('5'),
  /** A CredentialProviderConfig, or a folder of them, and the folder of the programs that it names (kubelet: --image-credential-provider-config, --image-credential-provider-bin-dir). */
  KUBUS_CREDENTIAL_PROVIDER_CONFIG: z.string().optional(),
  KUBUS_CREDENTIAL_PROVIDER_BIN_DIR: z.string().optional(),
  KUBUS_MAX_PODS: wholeNumber(1, 10_000).prefault('110'),
  /** What pods may use, when it is not all of the machine: millicores, bytes. */
  KUBUS_ALLOCATABLE_CPU_MILLIS: wholeNumber(1, 10_000_000).optional(),
  KUBUS_ALLOCATABLE_MEMORY_BYTES: wholeNumber(1, 1e15).optional(),
  /** What is kept from pods for the machine itself: millicores, bytes. */
  KUBUS_RESERVED_CPU_MILLIS: wholeNumber(0, 10_000_000).prefault('0'),
  KUBUS_RESERVED_MEMORY_BYTES: wholeNumber(0, 1e15).prefault('0'),
  /** kubelet: evictionHard; empty never. */
  KUBUS_EVICTION_HARD: z
    .string()
    .default('memory.available<100Mi,nodefs.available<10%,nodefs.inodesFree<5%')
    .transform(parsedBy(parseThresholds)),
  /** kubelet: evictionSoft, and the grace period that each of its signals must have (evictionSoftGracePeriod: `memory.available=1m30s`). */
  KUBUS_EVICTION_SOFT: z.string().default('').transform(parsedBy(parseThresholds)),
  KUBUS_EVICTION_SOFT_GRACE_PERIOD: z
    .string()
    .default('')
    .transform(parsedBy((text) => parseBySignal(text, (value) => duration.parse(value)))),
  /** kubelet: evictionMinimumReclaim, `nodefs.available=500Mi`. */
  KUBUS_EVICTION_MINIMUM_RECLAIM: z
    .string()
    .default('')
    .transform(parsedBy((text) => parseBySignal(text, limitOf))),
  /** kubelet: evictionMaxPodGracePeriod; for soft thresholds. */
  KUBUS_EVICTION_MAX_POD_GRACE_SECONDS: wholeNumber(0, 86_400).prefault('0'),
  /** kubelet: imageGCHighThresholdPercent (100: never) and imageGCLowThresholdPercent. */
  KUBUS_IMAGE_GC_HIGH_PERCENT: wholeNumber(1, 100).prefault('85'),
  KUBUS_IMAGE_GC_LOW_PERCENT: wholeNumber(1, 100).prefault('80'),
  /** kubelet: imageMaximumGCAge; 0s: images do not go for their age. */
  KUBUS_IMAGE_MAX_AGE: duration.prefault('0s'),
  /** kubelet: crashLoopBackOff.maxContainerRestartPeriod (KEP-5593). */
  KUBUS_CRASH_LOOP_MAX_SECONDS: wholeNumber(1, 300).prefault('300'),
  /** Folder of static pods; none when it is not given (kubelet: staticPodPath). */
  KUBUS_STATIC_POD_DIR: z.string().optional(),
  /** `priority=seconds` for pods from that priority on, separated by commas: when the agent is asked to stop it ends its pods. Empty: it leaves them running. */
  KUBUS_SHUTDOWN_GRACE_BY_PRIORITY: z.string().default('').transform(parsedBy(parsePeriods)),
  /** kubelet: containerLogMaxSize and containerLogMaxFiles; logs of containers are rotated by the engine. */
  KUBUS_LOG_MAX_SIZE: wholeNumber(1_024, 1e12).prefault('10485760'),
  KUBUS_LOG_MAX_FILES: wholeNumber(2, 1_000).prefault('5'),
  /** Names of kernel parameters beside the safe ones that pods may set, separated by commas; `*` at the end of one stands for any rest. */
  KUBUS_ALLOWED_UNSAFE_SYSCTLS: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((name) => name !== '')),
  /** Between two reports of what pods use (metrics-server: --metric-resolution); the api forgets a node that says nothing for a minute. */
  KUBUS_METRIC_RESOLUTION: duration.refine((ms) => ms >= 100 && ms <= 30_000, 'expected 100ms to 30s').prefault('15s'),
  /** Simulated nodes of this process, and how long their pods take to start and to end. */
  KUBUS_SIM_NODES: wholeNumber(1, 100_000).prefault('1'),
  KUBUS_SIM_START_DELAY: duration.prefault('100ms'),
  KUBUS_SIM_STOP_DELAY: duration.prefault('100ms'),
  /** Between two renewals of a simulated node's lease. */
  KUBUS_SIM_LEASE_INTERVAL: duration.prefault('10s'),
});

export type AgentSettings = z.infer<typeof agentSettings>;

/** Throws a SettingsError when a soft threshold has no grace period. */
export function thresholdsOf(settings: AgentSettings): Threshold[] {
  try {
    return evictionThresholds({
      hard: settings.KUBUS_EVICTION_HARD,
      soft: settings.KUBUS_EVICTION_SOFT,
      softGrace: settings.KUBUS_EVICTION_SOFT_GRACE_PERIOD,
      minimumReclaim: settings.KUBUS_EVICTION_MINIMUM_RECLAIM,
    });
  } catch (error) {
    throw new SettingsError([`KUBUS_EVICTION_SOFT_GRACE_PERIOD: ${(error as Error).message}`]);
  }
}

/** Agents that share a machine have a folder each. */
export const agentDir = (settings: AgentSettings): string =>
  settings.KUBUS_AGENT_DIR.replaceAll('{node}', settings.KUBUS_NODE_NAME);
