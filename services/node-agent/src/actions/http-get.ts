import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { HTTPGetAction } from '@kubus/shared/schema';
import { failure, type Outcome, success, type Target } from './contract.ts';
import { dialError, isPlainServer } from './network-error.ts';
import { hostPort, resolvePort } from './ports.ts';

/** kubelet: as much of an answer is read. */
const maxBodyBytes = 10 * 1024;
const maxRedirects = 10;

export interface Get {
  url: URL;
  headers: readonly (readonly [name: string, value: string])[];
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** What is asked of whom. Throws when the port cannot be found. */
export function httpGetOf(action: HTTPGetAction, target: Target, userAgent: string): Pick<Get, 'url' | 'headers'> {
  const scheme = action.scheme === 'HTTPS' ? 'https' : 'http';
  const host = action.host === undefined || action.host === '' ? target.address : action.host;
  const port = resolvePort(action.port === '' ? 80 : action.port, target.container);
  const path = action.path ?? '/';
  const url = new URL(`${scheme}://${hostPort(host, port)}${path.startsWith('/') ? '' : '/'}${path}`);
  const given = (action.httpHeaders ?? []).map(({ name, value }) => [name, value] as const);
  const has = (name: string) => given.some(([other]) => other.toLowerCase() === name);
  const headers = [
    ...(has('user-agent') ? [] : [['User-Agent', userAgent] as const]),
    ...(has('accept') ? [] : [['Accept', '*/*'] as const]),
    // An empty value takes the header away.
    ...given.filter(([, value]) => value !== ''),
  ];
  return { url, headers };
}

/** Success is a status from 200 to 399; redirections to the same host are followed (Kubernetes: HTTP probes). Certificates are not checked. */
export async function httpGet(get: Get): Promise<Outcome> {
  const started = performance.now();
  let url = get.url;
  for (let hops = 0; ; hops++) {
    const left = get.timeoutMs - (performance.now() - started);
    const answer = await once({ ...get, url, timeoutMs: left });
    if ('failed' in answer) {
      const { failed, ...why } = answer;
      return { ...failure(`Get ${JSON.stringify(url.href)}: ${failed}`), ...why };
    }
    const { status, location, body } = answer;
    if (location !== undefined && status >= 300 && status < 400) {
      const next = URL.parse(location, url.href);
      if (next === null || next.hostname !== get.url.hostname)
        return { result: 'warning', output: `Probe terminated redirects, Response body: ${body}` };
      if (hops >= maxRedirects) return failure(`Get ${JSON.stringify(next.href)}: stopped after 10 redirects`);
      url = next;
      continue;
    }
    if (status >= 200 && status < 400) return success(body);
    return { ...failure(`HTTP probe failed with statuscode: ${status}`), answered: true };
  }
}

type Answer =
  | { status: number; location: string | undefined; body: string }
  | ({ failed: string } & Pick<Outcome, 'plainServer'>);

function once({ url, headers, timeoutMs, signal }: Get): Promise<Answer> {
  return new Promise((resolve) => {
    const send = url.protocol === 'https:' ? requestTls : requestPlain;
    // As lenient as Go is: lines of small servers may end without CR. No other answer comes over the connection, so nothing can be taken for one.
    const lenient = { agent: false, rejectUnauthorized: false, insecureHTTPParser: true } as const;
    const options = { ...lenient, ...(signal === undefined ? {} : { signal }) };
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    let heard: IncomingMessage | undefined;
    const request = send(url, options, (response) => {
      heard = response;
      read(response).then(
        (body) => finish({ status: response.statusCode ?? 0, location: response.headers.location, body }),
        (error: Error) => finish({ failed: error.message }),
      );
    });
    const finish = (answer: Answer) => {
      clearTimeout(timer);
      request.destroy();
      resolve(answer);
    };
    const late = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
    const timer = setTimeout(() => finish({ failed: late }), Math.max(1, timeoutMs));
    request.on('error', (error) => {
      // What comes after a whole answer does not matter.
      if (heard?.complete === true) return;
      const plain = isPlainServer(error) ? ({ plainServer: true } as const) : {};
      finish({ failed: dialError(error, url.hostname, port), ...plain });
    });
    try {
      const names = new Set<string>();
      for (const [name, value] of headers) {
        const lower = name.toLowerCase();
        // Node puts a Host of its own there, which a given one replaces.
        if (names.has(lower)) request.appendHeader(name, value);
        else request.setHeader(name, value);
        names.add(lower);
      }
      request.end();
    } catch (error) {
      finish({ failed: String(error) });
    }
  });
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxBodyBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, maxBodyBytes);
}
