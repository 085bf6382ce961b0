import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * h2load (nghttp2's load generator, Debian's nghttp2-client): a client over HTTP/2 that takes a tenth of the processor time of one in Node, so that on a
 * machine of two cores it is the server that is measured.
 */
export interface Http2Load {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Streams under way on the one connection. */
  inFlight: number;
}

/** Installs h2load where it is missing and this is a Debian on which that is allowed; false when there is none. */
export function hasH2load(say: (line: string) => void): boolean {
  if (runs('h2load', '--version')) return true;
  if (process.getuid?.() !== 0) return false;
  say('installing nghttp2-client, for h2load');
  return runs('apt-get', 'install', '-y', '-qq', 'nghttp2-client') && runs('h2load', '--version');
}

function runs(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Sends `count` POST requests over one connection; requests per second. Throws when one of them does not end with 2xx. */
export async function http2Rate(count: number, { url, headers, body, inFlight }: Http2Load): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'kubus-h2load-'));
  try {
    const data = join(folder, 'body');
    await writeFile(data, body);
    const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const output = await run(['-n', `${count}`, '-c', '1', '-m', `${inFlight}`, '-d', data, ...fields, url]);
    const rate = /([\d.]+) req\/s/.exec(output)?.[1];
    if (rate === undefined || !output.includes(`status codes: ${count} 2xx`)) throw new Error(`h2load: ${output}`);
    return Number(rate);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function run(args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('h2load', args);
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void output.push(chunk));
    child.on('error', reject);
    child.on('close', () => resolve(Buffer.concat(output).toString()));
  });
}
