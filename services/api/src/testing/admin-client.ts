import { readFile } from 'node:fs/promises';
import { type ClientHttp2Session, connect } from 'node:http2';
import { join } from 'node:path';
import type { TestApi } from './start-api.ts';

export interface Reply {
  code: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely by tests
  body: any;
}

/** An event of a watch. */
export interface Event {
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: objects are looked into freely by tests
  object: any;
}

/** Plain requests as kubernetes-admin: nothing is retried, nothing interpreted. */
export class AdminClient {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  static async connect(api: TestApi): Promise<AdminClient> {
    const { users } = JSON.parse(await readFile(api.kubeconfig, 'utf8'));
    const text = (base64: string): string => Buffer.from(base64, 'base64').toString();
    const session = connect(api.url, {
      ca: await readFile(join(api.dir, 'services/api/ca.crt'), 'utf8'),
      cert: text(users[0].user['client-certificate-data']),
      key: text(users[0].user['client-key-data']),
    });
    session.on('error', () => undefined);
    return new AdminClient(session);
  }

  async send(...request: Parameters<AdminClient['bytes']>): Promise<Reply> {
    const { code, body } = await this.bytes(...request);
    return { code, body: parse(body.toString()) };
  }

  /** The same, with the answer as it comes. */
  bytes(
    method: string,
    path: string,
    body: string | Buffer = '',
    contentType = 'application/json',
    more: Record<string, string> = {},
  ): Promise<{ code: number; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const headers = { ':method': method, ':path': path, 'content-type': contentType, ...more };
      const stream = this.#session.request(headers, { endStream: body.length === 0 });
      let code = 0;
      const chunks: Buffer[] = [];
      stream.on('response', (received) => {
        code = Number(received[':status']);
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => resolve({ code, body: Buffer.concat(chunks) }));
      stream.on('error', reject);
      if (body.length > 0) stream.end(body);
    });
  }

  /** What a watch says until there is enough of it; the events come as they are, one a line. */
  watch(path: string, enough: (events: readonly Event[]) => boolean): Promise<Event[]> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({ ':method': 'GET', ':path': path });
      const events: Event[] = [];
      let rest = '';
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) events.push(JSON.parse(line));
        if (!enough(events)) return;
        resolve(events);
        stream.close();
      });
      stream.on('end', () => reject(new Error(`the watch ended after ${JSON.stringify(events)} ${rest}`)));
      stream.on('error', reject);
    });
  }

  close(): void {
    this.#session.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
