import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { type EngineEvent, FakeEngine } from './engine.ts';
import { type ContainerOptions, type Program, Refusal } from './model.ts';

export interface FakeDockerOptions {
  programs?: Record<string, Program>;
  images?: readonly string[];
}

type Answer = { status: number; body?: unknown } | 'streams';

interface Call {
  /** `POST /containers/:id/start` and the like. */
  route: string;
  /** Identifier in the path; '' when it has none. */
  id: string;
  query: URLSearchParams;
  body: unknown;
  /** X-Registry-Auth. */
  registryAuth: string;
  response: ServerResponse;
}

/**
 * A Docker Engine made for tests, spoken to over a socket with the real client. It knows what the agent uses and answers 501 to everything else,
 * noting it in `unknown`.
 */
export class FakeDocker {
  readonly engine: FakeEngine;
  readonly docker: Docker;
  readonly socketPath: string;
  readonly unknown: string[] = [];
  /** Images of a registry by name, and the password that each asks for; '' for none. */
  readonly privateImages = new Map<string, string>();
  /** Images that begin to be pulled and then fail, with what is said of it; '' for those of which nothing more is heard. */
  readonly brokenPulls = new Map<string, string>();
  /** How many of those are under way. */
  pulling = 0;
  /** Files of images by name, as tar archives. */
  readonly archives = new Map<string, Buffer>();
  /** Called before each request with its route; may wait, or throw a Refusal. */
  before: (route: string) => Promise<void> | void = () => undefined;
  readonly #dir: string;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  static async start(options: FakeDockerOptions = {}): Promise<FakeDocker> {
    const fake = new FakeDocker(await mkdtemp(join(tmpdir(), 'kubus-fake-docker-')), options);
    await fake.listen();
    return fake;
  }

  private constructor(dir: string, { programs = {}, images = ['busybox'] }: FakeDockerOptions) {
    this.#dir = dir;
    this.engine = new FakeEngine(new Map(Object.entries(programs)));
    for (const image of images) this.engine.images.add(image);
    this.socketPath = join(dir, 'docker.sock');
    this.docker = new Docker({ socketPath: this.socketPath });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.socketPath, resolve));
  }

  /** The daemon is away: every connection breaks, none is taken. */
  async goAway(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async stop(): Promise<void> {
    if (this.#server.listening) await this.goAway();
    this.engine.endAll();
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const call = await read(request, response);
      await this.before(call.route);
      const answer = await this.#answer(call);
      if (answer !== 'streams') send(response, answer.status, answer.body);
    } catch (error) {
      if (error instanceof Refusal) send(response, error.status, { message: error.message });
      else send(response, 500, { message: String(error) });
    }
  }

  async #answer(call: Call): Promise<Answer> {
    const { engine } = this;
    const { route, id } = call;
    switch (route) {
      case 'GET /version':
        return { status: 200, body: { Version: '27.0.0', Arch: 'amd64' } };
      case 'GET /_ping':
      case 'HEAD /_ping':
        return { status: 200, body: 'OK' };
      case 'GET /info':
        return { status: 200, body: info };
      case 'GET /images/:id/json':
        if (!engine.images.has(id)) throw new Refusal(404, `No such image: ${id}`);
        return { status: 200, body: { Id: `sha256:${id}` } };
      case 'GET /images/json':
        return { status: 200, body: [...engine.images].map((name) => ({ RepoTags: [name], Size: 1_000 })) };
      case 'POST /images/create':
        return this.#createImage(call);
      case 'GET /networks':
        return { status: 200, body: [...engine.networks.values()] };
      case 'POST /networks/create': {
        const { Name, Labels } = call.body as { Name: string; Labels: Record<string, string> };
        return { status: 201, body: { Id: engine.createNetwork(Name, Labels) } };
      }
      case 'GET /networks/:id': {
        const network = engine.networks.get(id);
        return network === undefined ? { status: 404 } : { status: 200, body: { ...network, Driver: 'fake' } };
      }
      case 'DELETE /networks/:id':
        engine.networks.delete(id);
        return { status: 204 };
      case 'GET /events':
        return this.#events(call);
      default:
        return this.#container(call);
    }
  }

  async #container(call: Call): Promise<Answer> {
    const { engine } = this;
    const { route, id, query } = call;
    switch (route) {
      case 'GET /containers/json': {
        const { label = [] } = JSON.parse(query.get('filters') ?? '{}') as { label?: string[] };
        return { status: 200, body: engine.list(label).map((container) => container.listed()) };
      }
      case 'POST /containers/create':
        return { status: 201, body: { Id: engine.create(query.get('name') ?? '', call.body as ContainerOptions).id } };
      case 'GET /containers/:id/json':
        return { status: 200, body: engine.container(id).inspected() };
      case 'POST /containers/:id/start':
        return { status: engine.start(id) ? 204 : 304 };
      case 'POST /containers/:id/stop': {
        const stopped = engine.stop(id, Number(query.get('t') ?? 10) * 1000);
        await stopped;
        return { status: stopped === undefined ? 304 : 204 };
      }
      case 'POST /containers/:id/update':
        engine.update(id, call.body as object);
        return { status: 200, body: { Warnings: [] } };
      case 'DELETE /containers/:id':
        engine.remove(id, query.get('force') === 'true');
        return { status: 204 };
      case 'GET /containers/:id/logs':
        return this.#logs(call);
      case 'GET /containers/:id/export':
        call.response.end(this.archives.get(engine.container(id).options.Image));
        return 'streams';
      default:
        this.unknown.push(route);
        throw new Refusal(501, `the fake engine does not know ${route}`);
    }
  }

  #createImage({ query, registryAuth, response }: Call): Answer {
    const repo = query.get('repo');
    const pulled = query.get('fromImage');
    const broken = this.brokenPulls.get(pulled ?? '');
    if (broken !== undefined) {
      response.writeHead(200).write('{"status":"Pulling from app"}\r\n{"status":"Downl');
      this.pulling++;
      response.once('close', () => this.pulling--);
      if (broken !== '') response.end(`oading"}\r\n${JSON.stringify({ errorDetail: { message: broken } })}\r\n`);
      return 'streams';
    }
    if (pulled !== null) {
      const auth = JSON.parse(Buffer.from(registryAuth, 'base64url').toString('utf8') || '{}') as { password?: string };
      if (this.privateImages.get(pulled) !== (auth.password ?? ''))
        throw new Refusal(404, `pull access denied for ${pulled}, repository does not exist`);
      this.engine.images.add(`${pulled}:${query.get('tag')}`);
      return { status: 200, body: { status: 'ok' } };
    }
    this.engine.images.add(`${repo}:${query.get('tag')}`);
    return { status: 200, body: { status: 'ok' } };
  }

  #logs({ id, response }: Call): Answer {
    const { program } = this.engine.container(id);
    response.writeHead(200);
    for (const line of program.output ?? []) {
      const data = Buffer.from(`${line}\n`);
      const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
      header.writeUInt32BE(data.length, 4);
      response.write(Buffer.concat([header, data]));
    }
    response.end();
    return 'streams';
  }

  #events({ query, response }: Call): Answer {
    const { event: actions, label } = JSON.parse(query.get('filters') ?? '{}') as { event: string[]; label: string[] };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const listener = (event: EngineEvent) => {
      const labels = Object.entries(event.Actor.Attributes).map(([name, value]) => `${name}=${value}`);
      if (!actions.includes(event.Action) || !label.every((wanted) => labels.includes(wanted))) return;
      response.write(`${JSON.stringify(event)}\n`);
    };
    this.engine.listeners.add(listener);
    response.once('close', () => this.engine.listeners.delete(listener));
    return 'streams';
  }
}

const info = {
  NCPU: 4,
  MemTotal: 8 * 2 ** 30,
  DockerRootDir: '/nowhere',
  OperatingSystem: 'Fake Linux',
  KernelVersion: '6.1',
  Architecture: 'x86_64',
};

async function read(request: IncomingMessage, response: ServerResponse): Promise<Call> {
  const url = new URL(request.url ?? '/', 'http://fake');
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const isJson = request.headers['content-type'] === 'application/json' && chunks.length > 0;
  const body: unknown = isJson ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined;
  const [, kind = '', ...rest] = url.pathname.split('/');
  // Names of images hold slashes.
  const action = rest.length > 1 ? `/${rest.at(-1)}` : '';
  const single = rest.length === 1 ? (rest[0] ?? '') : rest.slice(0, -1).join('/');
  const isWord = ['json', 'create'].includes(single) || rest.length === 0;
  const path = isWord ? url.pathname : `/${kind}/:id${action}`;
  return {
    route: `${request.method} ${path}`,
    id: decodeURIComponent(single),
    query: url.searchParams,
    body,
    registryAuth: `${request.headers['x-registry-auth'] ?? ''}`,
    response,
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined || status === 204 || status === 304 ? undefined : JSON.stringify(body));
}
