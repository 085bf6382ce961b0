import type Docker from 'dockerode';
import type { Cgroup } from '../cgroup.ts';
import type { ContainerRecord } from '../contract.ts';
import { accepted } from './calls.ts';
import { label } from './labels.ts';

/** What a list of containers does not tell. */
interface Details {
  state: ContainerRecord['state'];
  startedAt?: string;
  finishedAt?: string;
  exitCode?: number;
  oomKilled?: boolean;
  error?: string;
  /** As it was asked for: lists show an id once the name means another image. */
  image?: string;
  stopSignal?: string;
  cgroup?: Cgroup;
}

/**
 * Reads containers by label. Details are asked for once per container and state: a container is started once in its life, so neither the start of a
 * running nor the exit of an ended one changes.
 *
 * The engine's list lags behind its events: it shows a container as running until its network and mounts are released, a while after the event of
 * its end. Asking for the one container waits for that, so what an event has named is asked for.
 */
export class RecordReader {
  readonly #docker: Docker;
  readonly #details = new Map<string, Details>();
  readonly #suspects = new Set<string>();
  readonly #addresses = new Map<string, readonly string[]>();

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  /** Something happened to the container: what the list shows of it may be old. */
  suspect(id: string): void {
    this.#details.delete(id);
    this.#suspects.add(id);
  }

  async read(labels: readonly string[]): Promise<ContainerRecord[]> {
    const listed = await this.#docker.listContainers({ all: true, filters: { label: [...labels] } });
    const records = await Promise.all(listed.map((container) => this.#record(container)));
    return records.filter((record) => record !== undefined);
  }

  /** Addresses that a sandbox is to have, when the engine does not connect it. */
  addresses(id: string): readonly string[] {
    return this.#addresses.get(id) ?? [];
  }

  noteAddresses(id: string, ips: readonly string[]): void {
    if (ips.length > 0) this.#addresses.set(id, ips);
  }

  forget(id: string): void {
    this.#details.delete(id);
    this.#addresses.delete(id);
    this.#suspects.delete(id);
  }

  async #record(listed: Docker.ContainerInfo): Promise<ContainerRecord | undefined> {
    const details = await this.#detailsOf(listed);
    // Removed between the list and the question.
    if (details === undefined) return undefined;
    const labels = listed.Labels;
    const networks = Object.values(listed.NetworkSettings?.Networks ?? {});
    const given = networks
      .flatMap((network) => [network.IPAddress, network.GlobalIPv6Address])
      .filter((ip) => ip !== '');
    const own = ownAddresses(labels);
    if (own !== undefined) this.#addresses.set(listed.Id, own);
    return {
      id: listed.Id,
      podUid: labels[label.podUid] ?? '',
      podName: labels[label.podName] ?? '',
      podNamespace: labels[label.podNamespace] ?? '',
      container: labels[label.container] ?? '',
      attempt: Number(labels[label.attempt] ?? 0),
      sandboxAttempt: Number(labels[label.sandboxAttempt] ?? 0),
      ...(labels[label.round] === undefined ? {} : { round: Number(labels[label.round]) }),
      image: listed.Image,
      imageId: listed.ImageID,
      ips: own === undefined ? given : details.state === 'running' ? own : [],
      ...details,
    };
  }

  async #detailsOf(listed: Docker.ContainerInfo): Promise<Details | undefined> {
    const state = stateOf(listed.State);
    const known = this.#details.get(listed.Id);
    if (known !== undefined && known.state === state) return known;
    if (!this.#suspects.has(listed.Id)) {
      if (state === 'created') return { state };
      // Of a sandbox nobody asks when it was started or how it ended.
      if (listed.Labels[label.container] === undefined) return { state };
    }
    const inspected = await accepted(this.#docker.getContainer(listed.Id).inspect(), 404);
    if (inspected === undefined) {
      this.forget(listed.Id);
      return undefined;
    }
    const details = {
      ...detailsFrom(inspected.State),
      image: inspected.Config.Image,
      stopSignal: (inspected.Config as { StopSignal?: string }).StopSignal ?? 'SIGTERM',
      ...limitsFrom(inspected.HostConfig),
    };
    this.#details.set(listed.Id, details);
    // Until the list shows it too.
    if (details.state === state) this.#suspects.delete(listed.Id);
    return details;
  }
}

function ownAddresses(labels: Readonly<Record<string, string>>): string[] | undefined {
  return labels[label.podIPs]?.split(',');
}

function stateOf(state: string): ContainerRecord['state'] {
  if (state === 'created') return 'created';
  return state === 'running' || state === 'paused' || state === 'restarting' ? 'running' : 'exited';
}

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
