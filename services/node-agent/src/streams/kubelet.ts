import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type BusStream, connectionChannel, StreamSocket, type UsageReport } from '@kubus/shared/bus';
import type { Pod } from '@kubus/shared/schema';
import {
  cadvisorMetrics,
  type FullReading,
  kubeletMetrics,
  type NodeReading,
  type ProbeMetrics,
  resourceMetrics,
  summary,
} from '../metrics/index.ts';
import type { Signals } from '../pressure/thresholds.ts';
import type { ContainerRecord } from '../runtime/contract.ts';
import type { ContainerDetail, ContainerUsage, DiskUsage, NetworkUsage, NodeUsage, Stalls } from '../usage/index.ts';

export interface KubeletOptions {
  node: string;
  pods(): readonly Pod[];
  records(): Promise<ContainerRecord[]>;
  usage(ids: readonly string[]): Promise<ContainerUsage[]>;
  /** Of sandboxes. */
  networks(ids: readonly string[]): Promise<NetworkUsage[]>;
  disks(): Promise<DiskUsage>;
  /** Of containers; asked for with the whole alone. */
  details(ids: readonly string[]): Promise<ContainerDetail[]>;
  /** Pressure on the machine. */
  stalls(): Promise<Stalls>;
  machine(): Promise<NodeUsage>;
  capacity: NodeReading['capacity'];
  signals(): Promise<Signals>;
  rates(): UsageReport | undefined;
  probes: Pick<ProbeMetrics, 'text'>;
  now?: () => Date;
}

/**
 * The part of a kubelet's HTTP API that only reads, for nodes/proxy: no port is open for it, connections come as streams of the api. Nothing here runs commands, whoever may only
 * get gets no more than to look.
 */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, () => Promise<Answer> | Answer>;

  constructor(options: KubeletOptions) {
    this.#options = options;
    this.#routes = new Map<string, () => Promise<Answer> | Answer>([
      ['/healthz', () => ({ type: 'text/plain; charset=utf-8', body: 'ok' })],
      ['/pods', () => json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: options.pods() })],
      ['/stats/summary', async () => json(summary(await this.#readAll()))],
      ['/metrics/resource', async () => metrics(resourceMetrics(await this.#read()))],
      ['/metrics/cadvisor', async () => metrics(cadvisorMetrics(await this.#readAll()))],
      ['/metrics/probes', () => metrics(options.probes.text())],
      ['/metrics', async () => metrics(kubeletMetrics(await this.#read()))],
    ]);
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** Serves one connection; resolves when it has ended. */
  async serve(stream: BusStream): Promise<void> {
    const socket = new StreamSocket(stream, { out: connectionChannel.fromNode, in: connectionChannel.toNode });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    this.#server.emit('connection', socket as unknown as Socket);
    void stream.closed.then(() => socket.destroy());
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0]?.replace(/(?<=.)\/$/, '') ?? '';
    const route = this.#routes.get(path);
    if (route === undefined) return refuse(response, 404, '404 page not found');
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, '405: Method Not Allowed');
    try {
      const { type, body } = await route();
      response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
      response.end(request.method === 'HEAD' ? undefined : body);
    } catch (error) {
      refuse(response, 500, error instanceof Error ? error.message : 'unknown error');
    }
  }

  async #readAll(): Promise<FullReading> {
    const reading = await this.#read();
    const onHost = new Set(
      this.#options.pods().flatMap(({ spec, metadata }) => (spec?.hostNetwork ? [metadata.uid] : [])),
    );
    const sandboxes = reading.records.filter(
      ({ container, state, podUid }) => container === '' && state === 'running' && !onHost.has(podUid),
    );
    const ids = sandboxes.map(({ id }) => id);
    const { networks, disks, details, stalls } = this.#options;
    const [through, written, known, waits] = await Promise.all([
      networks(ids),
      disks(),
      details(reading.containers.map(({ id }) => id)),
      stalls(),
    ]);
    const detailed = new Map(known.map((detail) => [detail.id, detail]));
    return { ...reading, networks: through, disks: written, details: detailed, stalls: waits };
  }

  async #read(): Promise<NodeReading> {
    const { node, pods, usage, machine, capacity, signals, rates, now = () => new Date() } = this.#options;
    const records = await this.#options.records();
    const running = records.filter(({ state, container }) => state === 'running' && container !== '');
    const [containers, whole, measured] = await Promise.all([usage(running.map(({ id }) => id)), machine(), signals()]);
    const known = { node, capacity, records, containers, pods: pods(), rates: rates() };
    return { ...known, time: now(), machine: whole, signals: measured };
  }
}

interface Answer {
  type: string;
  body: string;
}

const json = (value: unknown): Answer => ({ type: 'application/json', body: JSON.stringify(value) });
const metrics = (body: string): Answer => ({ type: 'text/plain; version=0.0.4; charset=utf-8', body });

function refuse(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
