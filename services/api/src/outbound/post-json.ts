import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { Address } from './service-resolver.ts';

/** Most bytes of an answer that are read. */
const MAX_ANSWER = 6 * 1024 * 1024;

export interface PostOptions {
  /** https. What the other side is asked as: its host is the name that its certificate has to have. */
  url: URL;
  /** Where it is to be found; absent: where the URL's host says. */
  address?: Address | undefined;
  agent: Agent;
  /** Beside those of every request. */
  headers?: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

/** Connections to one webhook, kept open between calls. `ca`: PEM; absent: what the system trusts. */
export function outboundAgent(ca: string | undefined): Agent {
  return new Agent({ keepAlive: true, maxSockets: 256, timeout: 60_000, ...(ca === undefined ? {} : { ca }) });
}

/**
 * Posts JSON and reads JSON. A redirection is an answer like any other failure and never followed (CVE-2020-8561, CVE-2022-3172).
 * Throws Error, worded as client-go words it.
 */
export async function postJson(options: PostOptions, body: object): Promise<unknown> {
  const text = await post(options, JSON.stringify(body));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`couldn't get version/kind; json parse error: ${messageOf(error)}`, { cause: error });
  }
}

/** Posts a text of JSON; what comes back is anything. Throws as `postJson` does. */
export async function post(options: PostOptions, body: string): Promise<string> {
  const response = await send(options, body).catch((error: unknown) => {
    const why = options.signal.aborted ? 'context deadline exceeded' : messageOf(error);
    throw new Error(`Post ${JSON.stringify(options.url.href)}: ${why}`, { cause: error });
  });
  if (response.code < 200 || response.code > 299) throw new Error(refusalOf(response.code));
  return response.text;
}

function refusalOf(code: number): string {
  if (code === 404) return 'the server could not find the requested resource';
  return `the server responded with the status code ${code} but did not return more information`;
}

function send(
  { url, address, agent, headers, signal }: PostOptions,
  text: string,
): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const name = url.hostname.replace(/^\[|\]$/g, '');
    const request = httpsRequest(
      {
        host: address?.host ?? name,
        port: address?.port ?? (url.port || 443),
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        agent,
        signal,
        ...(address === undefined ? {} : { servername: name }),
        headers: {
          ...headers,
          host: url.host,
          'content-type': 'application/json',
          accept: 'application/json, */*',
          'user-agent': 'kube-apiserver-admission',
          'content-length': Buffer.byteLength(text),
        },
      },
      (response) => collect(response).then((body) => resolve({ code: response.statusCode ?? 0, text: body }), reject),
    );
    request.on('error', reject);
    request.end(text);
  });
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER) throw new Error(`response body is longer than ${MAX_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
