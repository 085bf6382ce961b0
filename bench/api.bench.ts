import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { type ClientHttp2Session, connect } from 'node:http2';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BareListOrder } from './bare-list.ts';
import { adminTls, type ControlPlane, startControlPlane } from './control-plane.ts';
import { type Benchmark, cpuSeconds, type Figure, median, rate } from './harness.ts';
import { sampleDeployment, samplePod } from './samples.ts';

const podCount = 10_000;
const rounds = 7;
const pageSize = 500;
const inFlight = 64;
const goal = 2_000;
const pods = '/api/v1/pods';
const deployments = '/apis/apps/v1/namespaces/default/deployments';

export default {
  name: 'api',
  about: `lists of ${podCount} pods beside bare reads of the same bytes, patches of a Deployment, documents; HTTP/2, one api replica`,
  async run(say) {
    const plane = await startControlPlane({ api: 1 });
    const tls = await adminTls(plane.layout);
    const session = open(plane.record.apiPort, tls);
    const bare = await startBareLists(plane);
    const floor = open(bare.port, tls);
    try {
      const cpu = () => cpuSeconds(plane.pid('api'));
      await createPods(plane);
      const figures = await lists(session, floor, cpu, say);
      figures.push(await patches(session, cpu, say, 'server-side apply of unchanged Deployments', applied));
      figures.push(await patches(session, cpu, say, 'strategic merge patches of Deployments', strategic));
      figures.push(...(await documents(session, floor)));
      return figures;
    } finally {
      session.close();
      floor.close();
      bare.stop();
      await plane.stop();
    }
  },
} satisfies Benchmark;

async function lists(
  session: ClientHttp2Session,
  floor: ClientHttp2Session,
  cpu: () => number,
  say: (line: string) => void,
): Promise<Figure[]> {
  const whole = (accept: string) => () => get(session, pods, { accept });
  const kinds = [
    { what: 'JSON', list: whole('application/json'), bare: () => get(floor, '/') },
    { what: 'Table', list: whole('application/json;as=Table;v=v1;g=meta.k8s.io'), bare: () => get(floor, '/') },
    { what: `JSON in pages of ${pageSize}`, list: () => pages(session), bare: () => barePages(floor) },
    { what: 'protobuf', list: whole('application/vnd.kubernetes.protobuf'), bare: () => get(floor, '/') },
  ];
  const figures: Figure[] = [];
  for (const { what, list, bare } of kinds) {
    const ours: number[] = [];
    const bares: number[] = [];
    await bare();
    const first = await timed(list);
    const began = cpu();
    for (let i = 0; i < rounds; i++) {
      bares.push((await timed(bare)).ms);
      ours.push((await timed(list)).ms);
    }
    const used = (1000 * (cpu() - began)) / rounds;
    const value = median(ours);
    const beside = { what: 'bare Redis reads and the socket', value: median(bares) };
    say(
      `${what}: ${first.bytes >> 10} KiB, first ${first.ms.toFixed(0)} ms, then ${value.toFixed(0)} ms, of it ${used.toFixed(0)} ms processor time; bare ${beside.value.toFixed(0)} ms`,
    );
    const target =
      what === 'protobuf' ? {} : { target: 'within 1.5 times the bare reads', reached: value <= 1.5 * beside.value };
    figures.push({ what: `list of ${podCount} pods, ${what}`, value, unit: 'ms', beside, ...target });
  }
  return figures;
}

async function patches(
  session: ClientHttp2Session,
  cpu: () => number,
  say: (line: string) => void,
  what: string,
  patch: { path(i: number): string; type: string; body(i: number): object },
): Promise<Figure> {
  const send = (i: number) =>
    get(session, patch.path(i), { ':method': 'PATCH', 'content-type': patch.type }, JSON.stringify(patch.body(i)));
  await rate(1_000, inFlight, send);
  const count = 6_000;
  const began = cpu();
  const value = await rate(count, inFlight, send);
  const micros = (1e6 * (cpu() - began)) / count;
  say(`${what}: ${Math.round(value)}/s, ${micros.toFixed(0)} us processor time of the api each`);
  return { what, value, unit: 'patches/s', target: `over ${goal}/s`, reached: value > goal };
}

const applied = {
  path: (i: number) => `${deployments}/bench-${i % inFlight}?fieldManager=bench&force=true`,
  type: 'application/apply-patch+yaml',
  body: (i: number) => sampleDeployment(`bench-${i % inFlight}`),
};

/** Each changes something: a label, and one container by its merge key. */
const strategic = {
  path: (i: number) => `${deployments}/bench-${i % inFlight}`,
  type: 'application/strategic-merge-patch+json',
  body: (i: number) => ({
    metadata: { labels: { turn: `${i}` } },
    spec: { template: { spec: { containers: [{ name: 'web', env: [{ name: 'TURN', value: `${i}` }] }] } } },
  }),
};

/** As clients written in Go ask for them, packed; whole and plain beside the same bytes from a bare server. */
async function documents(session: ClientHttp2Session, floor: ClientHttp2Session): Promise<Figure[]> {
  const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const asked = [
    { what: 'discovery, aggregated (/apis)', path: '/apis', accept: aggregated },
    { what: 'OpenAPI v3 of apps/v1', path: '/openapi/v3/apis/apps/v1', accept: 'application/json' },
    { what: 'OpenAPI v3 index', path: '/openapi/v3', accept: 'application/json' },
    { what: 'OpenAPI v2', path: '/openapi/v2', accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' },
  ];
  const figures: Figure[] = [];
  for (const { what, path, accept } of asked) {
    const { etag, bytes } = await get(session, path, { accept });
    const ways = [
      { how: 'packed', headers: { accept, 'accept-encoding': 'gzip' }, target: true },
      { how: 'not modified', headers: { accept, 'if-none-match': etag }, target: true },
      { how: `plain (${bytes >> 10} KiB)`, headers: { accept }, target: false },
    ];
    for (const { how, headers, target } of ways) {
      const value = await middle(() => get(session, path, headers));
      const judged = target
        ? { target: 'under 2 ms', reached: value < 2 }
        : { beside: { what: 'a bare server', value: await middle(() => get(floor, `/?bytes=${bytes}`)) } };
      figures.push({ what: `${what}, ${how}`, value, unit: 'ms', ...judged });
    }
  }
  return figures;
}

async function middle(work: () => Promise<Reply>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 50; i++) times.push((await timed(work)).ms);
  return median(times);
}

async function pages(session: ClientHttp2Session): Promise<Reply> {
  let bytes = 0;
  for (let token = ''; ; ) {
    const page = await get(session, `${pods}?limit=${pageSize}&continue=${encodeURIComponent(token)}`);
    bytes += page.bytes;
    // The list's own metadata stands before its items.
    token = /"continue":"([^"]*)"/.exec(page.start)?.[1] ?? '';
    if (token === '') return { ...page, bytes };
  }
}

async function barePages(session: ClientHttp2Session): Promise<Reply> {
  let path = `/?limit=${pageSize}`;
  for (;;) {
    const page = await get(session, path);
    if (page.last === '') return page;
    path = `/?limit=${pageSize}&after=${page.last}`;
  }
}

/** Eight namespaces of pods, a hundred in one message. */
async function createPods({ connection: { api } }: ControlPlane): Promise<void> {
  const at = { group: '', version: 'v1', verb: 'create' as const };
  const spaces = Array.from({ length: 8 }, (_, i) => `bench-${i}`);
  for (const name of spaces)
    await api.request({
      ...at,
      resource: 'namespaces',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    });
  for (const namespace of spaces) {
    const name = 'default';
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
    await api.request({ ...at, resource: 'serviceaccounts', namespace, body });
  }
  await rate(podCount / 100, 2, async (batch) => {
    const requests = Array.from({ length: 100 }, (_, i) => {
      const namespace = spaces[batch % spaces.length] as string;
      return { ...at, resource: 'pods', namespace, body: samplePod(`web-${batch}-${i}`, namespace) };
    });
    const failed = (await api.batch(requests)).find(({ code }) => code !== 201);
    if (failed !== undefined) throw new Error(`a pod was not created: ${JSON.stringify(failed.body)}`);
  });
}

async function startBareLists({ layout }: ControlPlane): Promise<{ port: number; stop(): void }> {
  const at = (name: string) => join(layout.state, 'services', 'api', name);
  const child = fork(fileURLToPath(new URL('bare-list.ts', import.meta.url)));
  const listening = new Promise<number>((resolve) => child.once('message', (port) => resolve(Number(port))));
  const redisUrl = (await readFile(at('redis.url'), 'utf8')).trim();
  child.send({ redisUrl, cert: at('server.crt'), key: at('server.key') } satisfies BareListOrder);
  return { port: await listening, stop: () => void child.kill() };
}

/** With the flow-control windows of Go's client: Node's own 64 KiB for a whole connection would be the measure. */
function open(port: number, tls: Awaited<ReturnType<typeof adminTls>>): ClientHttp2Session {
  const session = connect(`https://127.0.0.1:${port}`, { ...tls, settings: { initialWindowSize: 4 * 1024 * 1024 } });
  session.once('connect', () => session.setLocalWindowSize(1024 * 1024 * 1024));
  return session;
}

interface Reply {
  bytes: number;
  /** The first of its bytes. */
  start: string;
  etag: string;
  last: string;
}

function get(
  session: ClientHttp2Session,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = session.request({ ':path': path, ...headers });
    const reply = { bytes: 0, start: '', etag: '', last: '' };
    request.on('response', (answer) => {
      const status = Number(answer[':status']);
      if (status >= 400) reject(new Error(`HTTP ${status} for ${path}`));
      reply.etag = String(answer.etag ?? '');
      reply.last = String(answer['last'] ?? '');
    });
    request.on('data', (chunk: Buffer) => {
      if (reply.bytes === 0) reply.start = chunk.toString('latin1', 0, 4096);
      reply.bytes += chunk.length;
    });
    request.on('error', reject);
    request.on('end', () => resolve(reply));
    request.end(body);
  });
}

async function timed<T extends object>(work: () => Promise<T>): Promise<T & { ms: number }> {
  const started = performance.now();
  const result = await work();
  return { ...result, ms: performance.now() - started };
}
