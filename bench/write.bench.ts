import { type ClientHttp2Session, connect } from 'node:http2';
import type { ApiClient, ApiRequest } from '@kubus/shared/bus';
import { type BareCommits, startBareCommits } from './bare-commits.ts';
import { adminTls, type ControlPlane, sampleConfigMap, startControlPlane } from './control-plane.ts';
import { type Http2Load, hasH2load, http2Rate } from './h2load.ts';
import { type Benchmark, type Figure, rate } from './harness.ts';
import { cpuSeconds, cpuSince, perEach } from './processes.ts';

const inFlight = 64;
/** As many as V8 takes to compile what a create goes through; before, one costs up to twice as much. */
const warmUp = 20_000;
const inWindow = 10_000;
const windows = 5;
const path = '/api/v1/namespaces/default/configmaps';

type Say = (line: string) => void;

/** One way to create objects. */
interface Way {
  what: string;
  /** Share of the bare commit's rate to reach. */
  share?: number;
  /** Creates so many; seconds. */
  run(count: number): Promise<number>;
}

export default {
  name: 'write',
  about:
    'creates of a 1.5 KB object, 64 in flight, one warm api replica, by turns with the bare Lua commit with the same bytes',
  async run(say) {
    const bare = await startBareCommits();
    const plane = await startControlPlane({ api: 1 });
    const session = connect(`https://127.0.0.1:${plane.record.apiPort}`, await adminTls(plane.layout));
    try {
      await bare.run(warmUp, inFlight);
      const figures: Figure[] = [];
      for (const way of [busWay(plane), ...(await httpsWays(plane, session, say))])
        figures.push(await measured(way, bare, plane, say));
      return figures;
    } finally {
      session.close();
      await plane.stop();
      await bare.stop();
    }
  },
} satisfies Benchmark;

/** In windows that take turns with those of the bare commit: whatever the machine does meanwhile, it does to both. */
async function measured(way: Way, bare: BareCommits, plane: ControlPlane, say: Say): Promise<Figure> {
  await way.run(warmUp);
  const used = new Map<string, number>();
  let seconds = 0;
  let bareSeconds = 0;
  for (let i = 0; i < windows; i++) {
    bareSeconds += await bare.run(inWindow, inFlight);
    const before = cpuSeconds(plane);
    const own = process.cpuUsage();
    seconds += await way.run(inWindow);
    const { user, system } = process.cpuUsage(own);
    for (const [program, cpu] of [...cpuSince(plane, before), ['client', (user + system) / 1e6] as const])
      used.set(program, (used.get(program) ?? 0) + cpu);
  }
  const creates = windows * inWindow;
  say(`${way.what}: ${Math.round(creates / seconds)}/s; processor time per create: ${perEach(used, creates)}`);
  const floor = { what: 'bare Lua commit', value: creates / bareSeconds };
  const figure = { what: way.what, value: creates / seconds, unit: 'creates/s', beside: floor };
  if (way.share === undefined) return figure;
  const reached = figure.value >= way.share * floor.value;
  return { ...figure, target: `${way.share * 100}% of the bare commit's rate`, reached };
}

/** Names differ between all that a way creates. */
function named(prefix: string): () => string {
  let made = 0;
  return () => `${prefix}-${made++}`;
}

function busWay({ connection }: ControlPlane): Way {
  const name = named('bus');
  const create = () => connection.api.request(creation('configmaps', sampleConfigMap(name())));
  const run = async (count: number) => count / (await rate(count, inFlight, create));
  return { what: 'create over the bus', run, share: 0.4 };
}

/** With h2load where there is one: a client in Node takes as much of the machine as the server. */
async function httpsWays(plane: ControlPlane, session: ClientHttp2Session, say: Say): Promise<Way[]> {
  const node = { what: 'create over HTTPS (HTTP/2, client in Node)', run: nodeRun(session) };
  if (!hasH2load(say)) {
    say('there is no h2load: HTTPS is measured with the client in Node alone');
    return [{ ...node, share: 0.25 }];
  }
  const load = await h2load(plane);
  const run = async (count: number) => count / (await http2Rate(count, load));
  return [{ what: 'create over HTTPS (HTTP/2, h2load)', run, share: 0.25 }, node];
}

function nodeRun(session: ClientHttp2Session): Way['run'] {
  const name = named('https');
  const create = () =>
    new Promise<void>((resolve, reject) => {
      const request = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/json' });
      request.on('response', (headers) => {
        if (headers[':status'] !== 201) reject(new Error(`HTTP ${headers[':status']}`));
      });
      request.on('error', reject);
      request.on('end', resolve);
      request.resume();
      request.end(JSON.stringify(sampleConfigMap(name())));
    });
  return async (count) => count / (await rate(count, inFlight, create));
}

/** The same object, named by the server: h2load sends one body again and again, and a token, since it has no client certificates. */
async function h2load(plane: ControlPlane): Promise<Http2Load> {
  const { metadata, ...rest } = sampleConfigMap('');
  const { name: _, ...unnamed } = metadata;
  return {
    url: `https://127.0.0.1:${plane.record.apiPort}${path}`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await token(plane.connection.api)}` },
    body: JSON.stringify({ ...rest, metadata: { ...unnamed, generateName: 'h2load-' } }),
    inFlight,
  };
}

/** Of a service account that may create ConfigMaps. */
async function token(api: ApiClient): Promise<string> {
  const subject = { kind: 'ServiceAccount', name: 'bench', namespace: 'default' };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' };
  await api.request(creation('serviceaccounts', { metadata: { name: 'bench' } }));
  const binding = creation('rolebindings', { metadata: { name: 'bench' }, roleRef, subjects: [subject] });
  await api.request({ ...binding, group: roleRef.apiGroup });
  const asked = { ...creation('serviceaccounts', { spec: {} }), name: 'bench', subresource: 'token' };
  return (await api.request<{ status: { token: string } }>(asked)).status.token;
}

function creation(resource: string, body: object): ApiRequest {
  return { verb: 'create', group: '', version: 'v1', resource, namespace: 'default', body };
}
