import { Random } from './prng.ts';

export type Fault =
  /** kill -9 of each; the supervisor starts them again. */
  | { kind: 'kill'; programs: string[] }
  /** SIGSTOP, and SIGCONT after a time: it wakes up believing that nothing has happened. */
  | { kind: 'pause'; programs: string[]; forMs: number }
  /** SIGTERM, one after the other. */
  | { kind: 'restart'; programs: string[] }
  /** One more replica for a time, then ended as said. */
  | { kind: 'scale'; program: string; forMs: number; end: 'SIGTERM' | 'SIGKILL' }
  /** All keys of BullMQ are deleted. */
  | { kind: 'loseQueues' }
  /** NATS is killed and its JetStream store removed. */
  | { kind: 'loseChangeLog' }
  /** Programs of a service are replaced by those of another version. */
  | { kind: 'replace'; service: string; programs: string[]; by: 'this version' | 'the other version' }
  | NetworkFault
  | EngineFault;

/** The link of one program to one server: cut (connections end, new ones are refused), mute (nothing gets through, and nobody is told), or slow. */
export interface NetworkFault {
  kind: 'network';
  program: string;
  server: 'nats' | 'redis';
  how: 'cut' | 'mute' | 'slow';
  forMs: number;
}

/** What befalls the Docker Engine under the agents. */
export type EngineFault =
  /** SIGSTOP: it takes calls and does not answer. */
  | { kind: 'hangEngine'; forMs: number }
  /** kill -9; its containers die with it. */
  | { kind: 'crashEngine' }
  /** Somebody kills containers, or removes them behind the agents' backs. */
  | { kind: 'killContainers' | 'removeContainers'; count: number };

export interface Planned {
  /** Milliseconds from the beginning. */
  at: number;
  fault: Fault;
}

export interface Programs {
  /** Replicas of each service: `{ api: ['api', 'api-2'] }`. */
  services: Readonly<Record<string, readonly string[]>>;
  servers: readonly string[];
  /** Agents may be paused and ended in order, and killed only where containers outlive them. */
  agents: readonly string[];
  killAgents: boolean;
  /** The programs reach the servers over links of the test's own. */
  network?: boolean;
  /** The agents have an engine of the test's own. */
  engine?: boolean;
}

/** The faults of a run: the same for the same seed, programs and duration. One of more than two minutes has pauses after which NATS no longer knows its clients. */
export function planFaults(seed: number, durationMs: number, programs: Programs): Planned[] {
  const random = new Random(seed);
  const planned: Planned[] = [];
  const longestPauseMs = durationMs > 120_000 ? 35_000 : 14_000;
  for (let at = random.between(1_000, 3_000); at < durationMs; at += random.between(1_000, 5_500))
    planned.push({ at, fault: oneFault(random, programs, longestPauseMs) });
  return planned;
}

/** Every service of another version is replaced by this one, in the order that the versions allow, one replica before the others, and back again. */
export function planReplacements(durationMs: number, { services, agents }: Programs): Planned[] {
  const groups = Object.entries({ ...services, 'node-agent': agents });
  const replicas = groups.flatMap(([service, programs]) => programs.map((program) => ({ service, program })));
  const faults = [
    ...replicas.map(({ service, program }) => replace(service, program, 'this version')),
    ...replicas.toReversed().map(({ service, program }) => replace(service, program, 'the other version')),
  ];
  return faults.map((fault, i) => ({ at: Math.round(((i + 0.5) * durationMs) / faults.length), fault }));
}

const replace = (service: string, program: string, by: 'this version' | 'the other version'): Fault => ({
  kind: 'replace',
  service,
  programs: [program],
  by,
});

const weights = {
  kill: 8,
  killPair: 3,
  killAll: 0.7,
  pause: 8,
  restart: 2,
  scale: 2,
  loseQueues: 1.5,
  loseChangeLog: 1,
};

const networkWeights = { network: 8 };

const engineWeights = { hangEngine: 3, crashEngine: 1.2, killContainers: 3, removeContainers: 3 };

function oneFault(
  random: Random,
  { services, servers, agents, killAgents, engine, network }: Programs,
  longestPauseMs: number,
): Fault {
  const replicas = Object.values(services).flat();
  const mortal = [...replicas, ...servers, ...(killAgents ? agents : [])];
  const kind = random.weighted<keyof typeof weights | 'network' | keyof typeof engineWeights>({
    ...weights,
    ...(network === true ? networkWeights : {}),
    ...(engine === true ? engineWeights : {}),
  });
  switch (kind) {
    case 'kill':
      return { kind, programs: [random.pick(mortal)] };
    case 'killPair':
      return { kind: 'kill', programs: [...new Set([random.pick(mortal), random.pick(mortal)])] };
    case 'killAll':
      return { kind: 'kill', programs: mortal };
    case 'pause': {
      const chosen = new Set([random.pick([...replicas, ...servers, ...agents])]);
      if (random.next() < 0.2) chosen.add(random.pick(replicas));
      return { kind, programs: [...chosen], forMs: random.between(1_000, longestPauseMs) };
    }
    case 'restart':
      return { kind, programs: [...random.pick([...Object.values(services), agents])] };
    case 'scale': {
      const end = random.pick(['SIGTERM', 'SIGKILL'] as const);
      return { kind, program: random.pick(Object.keys(services)), forMs: random.between(4_000, 15_000), end };
    }
    case 'network':
      return {
        kind,
        program: random.pick([...replicas, ...agents]),
        server: random.pick(['nats', 'redis'] as const),
        how: random.pick(['cut', 'mute', 'slow'] as const),
        forMs: random.between(1_000, longestPauseMs),
      };
    case 'hangEngine':
      return { kind, forMs: random.between(1_000, 20_000) };
    case 'killContainers':
    case 'removeContainers':
      return { kind, count: random.between(1, 4) };
    default:
      return { kind };
  }
}

export const describeFault = ({ at, fault }: Planned): string => `${(at / 1000).toFixed(1)} s ${JSON.stringify(fault)}`;
