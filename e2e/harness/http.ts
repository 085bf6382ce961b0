import { readFile } from 'node:fs/promises';
import { Agent, type RequestOptions, request } from 'node:https';

/** An answer that came whole. Anything else (no connection, none in time, a body cut off) rejects: the outcome is not known. */
export interface Answer<T> {
  code: number;
  body: T;
}

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: unknown;
  /** Of a PATCH; default a merge patch. */
  contentType?: string;
  timeoutMs?: number;
}

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

/** The administrator over HTTP/1.1 at one replica of the api, without the retries of a client library. */
export class HttpApi {
  readonly #tls: RequestOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  private constructor(tls: RequestOptions) {
    this.#tls = tls;
  }

  /** The replica with this number; the first is 0. */
  static async open(kubeconfig: string, replica = 0): Promise<HttpApi> {
    const { clusters, users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
    const decode = (text: string | undefined) => Buffer.from(text ?? '', 'base64');
    const { hostname, port } = new URL(clusters[0]?.cluster.server ?? '');
    return new HttpApi({
      hostname,
      port: Number(port) + replica,
      ca: decode(clusters[0]?.cluster['certificate-authority-data']),
      cert: decode(users[0]?.user['client-certificate-data']),
      key: decode(users[0]?.user['client-key-data']),
    });
  }

  call<T>({ method = 'GET', path, body, contentType, timeoutMs = 10_000 }: Call): Promise<Answer<T>> {
    return new Promise((resolve, reject) => {
      const type = contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      // Node frames no body of a DELETE by itself.
      const headers = payload === undefined ? {} : { 'content-type': type, 'content-length': payload.length };
      const req = request({ ...this.#tls, agent: this.#agent, method, path, headers }, (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        res.once('error', reject);
        res.once('close', () => {
          clearTimeout(timer);
          if (!res.complete) return reject(new Error('the answer was cut off'));
          try {
            resolve({ code: res.statusCode ?? 0, body: JSON.parse(text) as T });
          } catch {
            reject(new Error(`no JSON: ${text.slice(0, 200)}`));
          }
        });
      });
      const timer = setTimeout(() => req.destroy(new Error('no answer in time')), timeoutMs);
      req.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      req.end(payload);
    });
  }

  /** Gives each line of a watch to `onLine`; resolves with the status when the stream has ended, however it ended. */
  watch(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<number> {
    return new Promise((resolve) => {
      let code = 0;
      let rest = '';
      // No keep-alive, so that a connection that is silent for too long is given up with the watch alone.
      const req = request({ ...this.#tls, agent: false, path, signal, timeout: silenceMs }, (res) => {
        code = res.statusCode ?? 0;
        res.setEncoding('utf8').on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) if (line !== '') onLine(line);
        });
        res.on('error', () => undefined);
        res.once('close', () => resolve(code));
      });
      req.once('timeout', () => req.destroy());
      req.on('error', () => resolve(code));
      req.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Bookmarks come each minute. */
const silenceMs = 90_000;
