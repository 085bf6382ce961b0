import { type BusStream, connectBus, type NodeStreamRequest, openStream, serveStreams } from '@kubus/shared/bus';
import type { Pod } from '@kubus/shared/schema';
import { eventually, startNats } from '@kubus/testkit';
import Docker from 'dockerode';
import type { NatsConnection } from 'nats';
import { expect } from 'vitest';
import { DockerRuntime } from '../src/runtime/docker/docker-runtime.ts';
import { serveStream } from '../src/streams/streams.ts';
import { buildPod, container, type Rig, silent, startRig } from './rig.ts';

/** Of this run alone: what one that was killed left on the engine has other names. */
export const uidOf = (name: string) => `uid-${name}-${process.pid}`;

/** Shows each key that comes, at once. */
export const keys = 'stty raw; echo ready; while :; do head -c 1 | od -An -tx1; done';

const shell = (name: string, script: string, more: object = {}) => ({
  ...container(name, 'sh -c', more),
  image: 'busybox:1.36',
  command: ['sh', '-c', script],
});

const listening = [
  `echo '#!/bin/sh' >/three; echo 'exec head -c 3' >>/three; chmod +x /three`,
  'nc -ll -p 80 -e cat & httpd -p 127.0.0.1:81 -h /etc; nc -ll -p 82 -e /three &',
  "until [ $(netstat -ltn | grep -c ':8[0-2] ') = 3 ]; do sleep 0.05; done; echo listening; wait",
].join('\n');

const pods = {
  web: [
    shell('main', 'trap "exit 0" TERM; echo one; echo two >&2; echo three; while :; do sleep 0.1; echo tick; done'),
    shell('other', 'read line; echo got $line; sleep 1000', { stdin: true }),
    shell('again', 'while read line; do sleep 0.1; echo got $line; done', { stdin: true }),
    shell('once', 'cat; sleep 0.1; echo the end', { stdin: true, stdinOnce: true }),
    shell('keys', keys, { stdin: true, tty: true }),
  ],
  ports: [shell('main', listening)],
  crashing: [shell('main', 'test -e /ran || { touch /ran; }; echo ran; exit 1')],
  refused: [shell('main', 'true')],
  waiting: [{ ...container('main', 'run'), image: 'kubus.invalid/none:1', imagePullPolicy: 'Never' }],
};

/** An agent on Docker with the pods `web`, `ports` (80 echoes, 81 is HTTP on the loopback, 82 takes three bytes), `crashing`, `refused` and `waiting`. */
export class StreamRig {
  readonly docker = new Docker();
  readonly #ends: (() => Promise<unknown>)[] = [];
  runtime!: DockerRuntime;
  #agent!: Rig;
  #api!: NatsConnection;

  static async start(): Promise<StreamRig> {
    const rig = new StreamRig();
    try {
      await rig.#start();
      await rig.#settle();
    } catch (error) {
      await rig.stop();
      throw error;
    }
    return rig;
  }

  async #start(): Promise<void> {
    const nats = await startNats();
    const node = await connectBus({ servers: nats.url, identity: { kind: 'node', name: 'n1' } });
    this.#api = await connectBus({ servers: nats.url, identity: { kind: 'service', name: 'api' } });
    this.#ends.push(
      () => nats.stop(),
      () => this.#api.close(),
      () => node.close(),
    );
    const scope = { cluster: `streams-${process.pid}`, node: 'n1' };
    this.runtime = await DockerRuntime.open({ docker: this.docker, scope, log: silent });
    this.#ends.push(() => this.#clean(`kubus-${scope.cluster}`));
    const refuse = ({ metadata: { name } }: Pod) =>
      name === 'refused' ? { reason: 'NodeAffinity', message: 'Pod was rejected: no' } : undefined;
    this.#agent = await startRig({ runtime: this.runtime, environment: { refuse } });
    this.#ends.push(() => this.#agent.stop());
    const target = { runtime: this.runtime, pod: (uid: string) => this.#agent.manager.pod(uid) };
    const options = { node: 'n1', log: silent };
    const served = serveStreams(node, (request, stream) => serveStream(request, stream, target), options);
    this.#ends.push(() => served.stop());
    for (const [name, containers] of Object.entries(pods))
      this.#agent.api.create(buildPod(name, { containers }, uidOf(name)));
  }

  /** Until the pods do what they are for. */
  async #settle(): Promise<void> {
    const status = (name: string) => this.#agent.api.pod(name).status;
    const first = (name: string) => status(name)?.containerStatuses?.[0];
    await eventually(() => expect(status('web')?.phase).toBe('Running'), 30_000);
    await eventually(() => expect(status('ports')?.phase).toBe('Running'), 30_000);
    const output = () => this.logs({}, { pod: 'ports', uid: uidOf('ports') });
    await eventually(async () => expect((await output()).text).toContain('listening'));
    await eventually(() => expect(first('crashing')?.restartCount).toBeGreaterThan(0), 30_000);
    await eventually(() => expect(status('refused')?.phase).toBe('Failed'));
    await eventually(() => expect(first('waiting')?.state?.waiting?.reason).toBe('ErrImageNeverPull'));
  }

  async #clean(networkName: string): Promise<void> {
    for (const { id } of await this.runtime.containers()) await this.runtime.remove(id);
    for (const { Id, Name } of await this.docker.listNetworks())
      if (Name === networkName) await eventually(() => this.docker.getNetwork(Id).remove());
  }

  /** A stream as the api opens it: to the container `main` of `web`, if nothing else is said. */
  open(
    operation: NodeStreamRequest['operation'],
    options: Record<string, unknown>,
    more: Partial<NodeStreamRequest> = {},
  ): Promise<BusStream> {
    const pod = { namespace: 'default', pod: 'web', uid: uidOf('web'), container: 'main' };
    return openStream(this.#api, 'n1', { operation, ...pod, options, ...more });
  }

  async logs(options: Record<string, unknown>, more: Partial<NodeStreamRequest> = {}) {
    const stream = await this.open('logs', options, more);
    const text = (await readAll(stream)).get(1) ?? '';
    return { text, status: await stream.closed };
  }

  /** The engine's id of a container of `web`. */
  containerId(name: string): string {
    const { containerStatuses = [] } = this.#agent.api.pod('web').status ?? {};
    return containerStatuses.find((container) => container.name === name)?.containerID?.replace('docker://', '') ?? '';
  }

  async stop(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
  }
}

/** What came on each channel, until the other side closed. */
export async function readAll(stream: BusStream): Promise<Map<number, string>> {
  const seen = new Map<number, string>();
  for await (const { channel, data } of stream.incoming)
    seen.set(channel, (seen.get(channel) ?? '') + Buffer.from(data ?? []).toString());
  return seen;
}

/** Types keys, each when the one before has been shown. The program is `keys`. */
export async function typing(stream: BusStream, isReady: (shown: string) => Promise<boolean>): Promise<void> {
  let shown = '';
  const reading = (async () => {
    for await (const { data } of stream.incoming) shown += Buffer.from(data ?? []).toString();
  })();
  await eventually(async () => expect(await isReady(shown)).toBe(true));
  for (const key of [0x61, 0x10, 0x11, 0x62]) {
    const before = shown.length;
    await stream.send(0, Uint8Array.of(key));
    await eventually(() => expect(shown.slice(before)).toContain(key.toString(16)));
  }
  await stream.close();
  await reading;
}

/** What comes until the other side ends channel 1; this side may go on. */
export async function readToEnd(stream: BusStream): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const { channel, data } of stream.incoming) {
    if (channel === 1 && data === undefined) break;
    if (data !== undefined) chunks.push(data);
  }
  return Buffer.concat(chunks).toString();
}

export async function readSome(stream: BusStream): Promise<void> {
  for await (const { data } of stream.incoming) if (data !== undefined) return;
}
