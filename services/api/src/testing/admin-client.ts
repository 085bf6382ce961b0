import { readFile } from 'node:fs/promises';
import { type ClientHttp2Session, connect } from 'node:http2';
import { join } from 'node:path';
import type { TestApi } from './start-api.ts';

export interface Reply {
  code: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely by tests
  body: any;
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

  send(method: string, path: string, body = '', contentType = 'application/json'): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const headers = { ':method': method, ':path': path, 'content-type': contentType };
      const stream = this.#session.request(headers, { endStream: body === '' });
      let code = 0;
      let text = '';
      stream.setEncoding('utf8');
      stream.on('response', (received) => {
        code = Number(received[':status']);
      });
      stream.on('data', (chunk) => (text += chunk));
      stream.on('end', () => resolve({ code, body: parse(text) }));
      stream.on('error', reject);
      if (body !== '') stream.end(body);
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
