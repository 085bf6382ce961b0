import type Docker from 'dockerode';
import type { Cgroup } from '../cgroup.ts';
import type { ContainerRecord } from '../contract.ts';
import { addressesOf, stateOf } from './container-view.ts';

/** What a list of containers does not tell. */
export interface Details {
  state: ContainerRecord['state'];
  startedAt?: string;
  finishedAt?: string;
  exitCode?: number;
  oomKilled?: boolean;
  error?: string;
  /** As it was asked for: lists show an id once the name means another image. */
  image?: string;
  imageId?: string;
  stopSignal?: string;
  cgroup?: Cgroup;
}

/** The process that a running container consists of, on the engine's machine, and the signal that asks it to end ('SIGTERM', '15'). */
export interface ContainerProcess {
  pid: number;
  stopSignal: string;
}

export const detailsOf = (inspected: Docker.ContainerInspectInfo): Details => {
  const { State, Config, Image, HostConfig } = inspected;
  return {
    ...(couldNotExecute(inspected) ? endedAtStart(inspected) : detailsFrom(State)),
    image: Config.Image,
    imageId: Image,
    stopSignal: stopSignalOf(Config),
    ...limitsFrom(HostConfig),
  };
};

/** As a shell says that there is no such command, or that it may not be executed. */
const unexecuted: ReadonlySet<number> = new Set([126, 127]);

/** A start was tried that failed for the command. To the engine the container is as before that, and could be started for ever. */
export const couldNotExecute = ({ State }: Docker.ContainerInspectInfo): boolean =>
  State.Status === 'created' && unexecuted.has(State.ExitCode);

/** As containerd tells of it, and kubelet with it. */
const endedAtStart = ({ State, Created }: Docker.ContainerInspectInfo): Details => ({
  state: 'exited',
  startedAt: '1970-01-01T00:00:00Z',
  finishedAt: seconds(Created),
  exitCode: 128,
  error: State.Error,
});

export const processOf = ({ State, Config }: Docker.ContainerInspectInfo): ContainerProcess | undefined =>
  State.Running && State.Pid > 0 ? { pid: State.Pid, stopSignal: stopSignalOf(Config) } : undefined;

const stopSignalOf = (config: object) => (config as { StopSignal?: string }).StopSignal ?? 'SIGTERM';

export const engineAddresses = ({ NetworkSettings }: Docker.ContainerInspectInfo): string[] =>
  addressesOf(Object.values(NetworkSettings.Networks ?? {}));

function detailsFrom(state: Docker.ContainerInspectInfo['State']): Details {
  const now = stateOf(state.Status);
  return {
    state: now,
    ...(now === 'created' ? {} : { startedAt: seconds(state.StartedAt) }),
    ...(now === 'exited' ? { finishedAt: seconds(state.FinishedAt), exitCode: state.ExitCode } : {}),
    ...(state.OOMKilled ? { oomKilled: true } : {}),
    ...(state.Error === '' ? {} : { error: state.Error }),
  };
}

const limitsFrom = (host: Docker.HostConfig | undefined): Pick<Details, 'cgroup'> =>
  host === undefined
    ? {}
    : {
        cgroup: {
          cpuShares: host.CpuShares ?? 0,
          cpuQuota: host.CpuQuota ?? 0,
          memoryBytes: host.Memory ?? 0,
        },
      };

/** Kubernetes' times are in whole seconds; Docker's zero time means never. */
function seconds(time: string): string {
  return time.startsWith('0001-') ? '1970-01-01T00:00:00Z' : `${time.slice(0, 19)}Z`;
}
