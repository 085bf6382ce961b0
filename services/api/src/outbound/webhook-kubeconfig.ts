import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { dirname, resolve } from 'node:path';
import { SettingsError } from '@kubus/shared/settings';
import { parseYaml } from '@kubus/shared/yaml';
import { z } from 'zod';
import { type PostOptions, post, postJson } from './post-json.ts';

/** A server that is asked about every request: where it is, what it is trusted by, who this api is to it. */
const kubeconfig = z.object({
  'current-context': z.string(),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string().default('') }) }),
  ),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({
        server: z.url({ protocol: /^https$/ }),
        'certificate-authority': z.string().optional(),
        'certificate-authority-data': z.base64().optional(),
      }),
    }),
  ),
  users: z
    .array(
      z.object({
        name: z.string(),
        user: z.object({
          token: z.string().optional(),
          'client-certificate': z.string().optional(),
          'client-certificate-data': z.base64().optional(),
          'client-key': z.string().optional(),
          'client-key-data': z.base64().optional(),
        }),
      }),
    )
    .default([]),
});

type Entry = Readonly<Record<string, string | undefined>>;

/** Asks such a server; throws Error when there is no answer. */
export type Ask = (review: object) => Promise<unknown>;

/** Who answers at the webhook that a kubeconfig names, as kube-apiserver's flags for webhooks take it. Throws SettingsError. */
export async function webhookOf(path: string, timeoutMs: number): Promise<Ask> {
  const target = await targetOf(path);
  return (review) => postJson({ ...target, signal: AbortSignal.timeout(timeoutMs) }, review);
}

/** The same of one that is only told something, as a text of JSON. */
export async function senderOf(path: string, timeoutMs: number): Promise<(text: string) => Promise<unknown>> {
  const target = await targetOf(path);
  return (text) => post({ ...target, signal: AbortSignal.timeout(timeoutMs) }, text);
}

async function targetOf(path: string): Promise<Omit<PostOptions, 'signal'>> {
  const wrong = (why: string): SettingsError => new SettingsError([`${path} is no kubeconfig of a webhook: ${why}`]);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrong(`it cannot be read (${error.code})`);
  });
  const [document] = parseYaml(text);
  if (document === undefined || 'error' in document) throw wrong(document?.error ?? 'it is empty');
  const parsed = kubeconfig.safeParse(document.value);
  if (!parsed.success)
    throw wrong(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  const { contexts, clusters, users } = parsed.data;
  const context = contexts.find(({ name }) => name === parsed.data['current-context'])?.context;
  const cluster = clusters.find(({ name }) => name === context?.cluster)?.cluster;
  if (cluster === undefined) throw wrong('the current context names no cluster');
  const user: Entry = users.find(({ name }) => name === context?.user)?.user ?? {};
  const read = (entry: Entry, key: string) => contentOf(entry, key, dirname(path));
  const [ca, cert, key] = [
    await read(cluster, 'certificate-authority'),
    await read(user, 'client-certificate'),
    await read(user, 'client-key'),
  ];
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 256,
    timeout: 60_000,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  });
  const headers: Record<string, string> =
    user['token'] === undefined ? {} : { authorization: `Bearer ${user['token']}` };
  return { url: new URL(cluster.server), agent, headers };
}

/** Either in the entry itself or in a file beside the kubeconfig. */
async function contentOf(entry: Entry, key: string, folder: string): Promise<Buffer | undefined> {
  const data = entry[`${key}-data`];
  if (data !== undefined) return Buffer.from(data, 'base64');
  const file = entry[key];
  return file === undefined ? undefined : readFile(resolve(folder, file));
}
