import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { duration } from '@kubus/shared/settings';
import { z } from 'zod';
import type { ProviderConfig } from './config.ts';

/** kubelet's bound for a program that may have to ask again itself. */
const longestMs = 60_000;
const longestAnswer = 1024 * 1024;

const response = z.object({
  kind: z.literal('CredentialProviderResponse'),
  apiVersion: z.string(),
  cacheKeyType: z.enum(['Image', 'Registry', 'Global']),
  cacheDuration: duration.nullish(),
  auth: z
    .record(z.string(), z.object({ username: z.string().default(''), password: z.string().default('') }))
    .nullish(),
});

/** What a program says (Kubernetes: CredentialProviderResponse). */
export type ProviderAnswer = z.infer<typeof response>;

export interface ProviderQuestion {
  image: string;
  serviceAccountToken?: string;
  serviceAccountAnnotations?: Record<string, string>;
}

/** Runs the program with the question as its input. What it answered is told in no error: it may hold credentials. */
export async function askPlugin(
  { name, args, env, apiVersion }: ProviderConfig,
  dir: string,
  question: ProviderQuestion,
): Promise<ProviderAnswer> {
  const program = spawn(join(dir, name), args, {
    env: { ...process.env, ...Object.fromEntries(env.map((variable) => [variable.name, variable.value])) },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: longestMs,
    killSignal: 'SIGKILL',
  });
  const text = await outputOf(
    program,
    JSON.stringify({ kind: 'CredentialProviderRequest', apiVersion, ...question }),
    name,
  );
  const answer = response.safeParse(jsonOf(text));
  if (!answer.success) throw new Error(`${name} did not answer with a CredentialProviderResponse`);
  if (answer.data.apiVersion !== apiVersion)
    throw new Error(
      `apiVersion from credential plugin response did not match expected apiVersion:${apiVersion}, actual apiVersion:${answer.data.apiVersion}`,
    );
  return answer.data;
}

async function outputOf(program: ChildProcess, input: string, name: string): Promise<string> {
  const { stdin, stdout, stderr } = program;
  if (stdin === null || stdout === null || stderr === null) throw new Error(`${name} has no streams`);
  // A program need not read what it is asked.
  stdin.on('error', () => undefined);
  stdin.end(input);
  const [[code, signal], answer, complaint] = await Promise.all([
    once(program, 'close') as Promise<[number | null, string | null]>,
    beginningOf(stdout),
    beginningOf(stderr),
  ]);
  if (code === 0) return answer;
  throw new Error(
    `error execing credential provider plugin ${name}: ${signal ?? `exit status ${code}`}: ${complaint.trim()}`,
  );
}

/** All is read, so that the program can end. */
async function beginningOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (length < longestAnswer) chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8', 0, longestAnswer);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
