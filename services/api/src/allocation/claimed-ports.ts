import { type FieldError, StatusError } from '@kubus/shared/errors';
import {
  allocatesNodePorts,
  field,
  mayHaveNodePorts,
  needsHealthCheckPort,
  serviceNodePorts,
} from '@kubus/shared/registry';
import type { Service, ServiceSpec } from '@kubus/shared/schema';
import { pickPort } from './pick.ts';
import type { ServiceNetwork } from './service-network.ts';

const alreadyTaken = 'provided port is already allocated';

/** The ports of the nodes that one service takes, in one try to write it. */
export class ClaimedPorts {
  /** Those that nobody named: another will do. */
  readonly chosen = new Set<number>();
  readonly #network: ServiceNetwork;
  readonly #service: Service;
  readonly #dryRun: boolean;
  /** What the service has already, and what this claim adds. */
  readonly #own: Set<number>;

  constructor(network: ServiceNetwork, service: Service, old: Service | undefined, dryRun: boolean) {
    this.#dryRun = dryRun;
    this.#network = network;
    this.#service = service;
    this.#own = new Set(serviceNodePorts(old?.spec));
  }

  assign(): FieldError[] {
    const { spec } = this.#service;
    if (spec === undefined) return [];
    const errors = mayHaveNodePorts(spec) ? this.#askedErrors(spec) : [];
    if (needsHealthCheckPort(spec) && spec.healthCheckNodePort) {
      const why = this.#whyNot(spec.healthCheckNodePort);
      const text = `failed to allocate requested HealthCheck NodePort ${spec.healthCheckNodePort}: ${why}`;
      if (why !== undefined) errors.push(field.invalid('spec.healthCheckNodePort', spec.healthCheckNodePort, text));
      else this.#own.add(spec.healthCheckNodePort);
    }
    if (errors.length > 0) return errors;
    if (allocatesNodePorts(spec)) this.#fill(spec);
    if (needsHealthCheckPort(spec)) spec.healthCheckNodePort ||= this.#choose();
    return [];
  }

  takenError(port: number): FieldError {
    const i = (this.#service.spec?.ports ?? []).findIndex(({ nodePort }) => nodePort === port);
    return i < 0
      ? field.invalid('spec.healthCheckNodePort', port, alreadyTaken)
      : field.invalid(`spec.ports[${i}].nodePort`, port, alreadyTaken);
  }

  #askedErrors({ ports = [] }: ServiceSpec): FieldError[] {
    for (const [i, { nodePort = 0 }] of ports.entries()) {
      if (nodePort === 0) continue;
      const why = this.#whyNot(nodePort);
      if (why !== undefined) return [field.invalid(`spec.ports[${i}].nodePort`, nodePort, why)];
      this.#own.add(nodePort);
    }
    return [];
  }

  #whyNot(port: number): string | undefined {
    const { from, to } = this.#network.settings.nodePorts;
    if (this.#own.has(port)) return undefined;
    if (port < from || port > to) {
      return `provided port is not in the valid range. The range of valid ports is ${from}-${to}`;
    }
    return this.#dryRun && this.#network.isPortTaken(port) ? alreadyTaken : undefined;
  }

  /** Ports of one number in two protocols share the port of the nodes. */
  #fill({ ports = [] }: ServiceSpec): void {
    const byPort = new Map(ports.filter(({ nodePort }) => nodePort).map(({ port, nodePort }) => [port, nodePort]));
    for (const port of ports) {
      if (port.nodePort) continue;
      const shared = byPort.get(port.port);
      const taken = ports.some((other) => other.nodePort === shared && other.protocol === port.protocol);
      port.nodePort = shared === undefined || taken ? this.#choose() : shared;
      byPort.set(port.port, port.nodePort);
    }
  }

  #choose(): number {
    const { settings, random } = this.#network;
    const taken = (port: number): boolean => this.#own.has(port) || this.#network.isPortTaken(port);
    const port = pickPort(settings.nodePorts, taken, random);
    if (port === undefined) {
      throw new StatusError('InternalError', 'Internal error occurred: failed to allocate a nodePort: range is full');
    }
    this.#own.add(port);
    this.chosen.add(port);
    return port;
  }
}
