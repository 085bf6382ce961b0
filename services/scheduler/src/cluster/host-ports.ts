import type { Pod } from '@kubus/shared/schema';

/** A port of the host that a pod takes. An address of 0.0.0.0 takes it on every address. */
export interface HostPort {
  ip: string;
  protocol: string;
  port: number;
}

const ANY = '0.0.0.0';

export function hostPortsOf(pod: Pod): HostPort[] {
  const containers = [
    ...(pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always'),
    ...(pod.spec?.containers ?? []),
  ];
  return containers.flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => (port.hostPort ?? 0) > 0)
      .map((port) => ({ ip: port.hostIP || ANY, protocol: port.protocol || 'TCP', port: port.hostPort ?? 0 })),
  );
}

/** The ports taken on one node, counted, because a terminating pod and its successor may both be there for a while. */
export class TakenPorts {
  readonly #ports: { port: HostPort; count: number }[] = [];

  add(port: HostPort): void {
    const same = this.#ports.find((taken) => equal(taken.port, port));
    if (same === undefined) this.#ports.push({ port, count: 1 });
    else same.count += 1;
  }

  remove(port: HostPort): void {
    const at = this.#ports.findIndex((taken) => equal(taken.port, port));
    const same = this.#ports[at];
    if (same === undefined) return;
    same.count -= 1;
    if (same.count === 0) this.#ports.splice(at, 1);
  }

  conflicts(wanted: HostPort): boolean {
    return this.#ports.some(
      ({ port }) =>
        port.port === wanted.port &&
        port.protocol === wanted.protocol &&
        (port.ip === wanted.ip || port.ip === ANY || wanted.ip === ANY),
    );
  }
}

const equal = (a: HostPort, b: HostPort): boolean => a.port === b.port && a.protocol === b.protocol && a.ip === b.ip;
