import { StatusError } from '@kubus/shared/errors';
import type {
  ConfigMapProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  SecretProjection,
  VolumeProjection,
} from '@kubus/shared/schema';
import { type ConfigSource, fieldValue, type PodFacts, resourceValueOf } from '../pod/env.ts';
import type { FileProjection } from './atomic-writer.ts';
import { VolumeError } from './contract.ts';
import { formatMap } from './go-quote.ts';
import type { Tokens } from './tokens.ts';

/** Where the files of a volume come from. */
export interface SourceContext {
  pod: Pod;
  config: ConfigSource;
  facts: Omit<PodFacts, 'podIPs'>;
  tokens: Tokens;
  defaultMode: number;
}

export type Files = Map<string, FileProjection>;

/** What of an object's data goes into a volume: all, or the items (Kubernetes: KeyToPath). */
function pick(
  data: ReadonlyMap<string, Uint8Array>,
  items: readonly KeyToPath[] | undefined,
  { defaultMode, optional, missing }: { defaultMode: number; optional: boolean; missing: (key: string) => string },
): Files {
  if (items === undefined || items.length === 0)
    return new Map([...data].map(([key, value]) => [key, { data: value, mode: defaultMode }]));
  const files: Files = new Map();
  for (const { key, path, mode } of items) {
    const value = data.get(key);
    if (value !== undefined) files.set(path, { data: value, mode: mode ?? defaultMode });
    else if (!optional) throw new VolumeError(missing(key));
  }
  return files;
}

export async function configMapFiles(source: ConfigMapProjection, context: SourceContext): Promise<Files> {
  const { name = '', items, optional = false } = source;
  const found = await context.config.configMap(name);
  if (found === undefined && !optional) throw new VolumeError(`configmap "${name}" not found`);
  const data = new Map([
    ...Object.entries(found?.data ?? {}).map(([key, text]) => [key, Buffer.from(text)] as const),
    ...Object.entries(found?.binaryData ?? {}).map(([key, base64]) => [key, Buffer.from(base64, 'base64')] as const),
  ]);
  const missing = (key: string) => `references non-existent config key: ${key}`;
  return pick(data, items, { defaultMode: context.defaultMode, optional, missing });
}

export async function secretFiles(source: SecretProjection, context: SourceContext): Promise<Files> {
  const { name = '', items, optional = false } = source;
  const found = await context.config.secret(name);
  if (found === undefined && !optional) throw new VolumeError(`secret "${name}" not found`);
  const entries = Object.entries(found?.data ?? {});
  const data = new Map(entries.map(([key, base64]) => [key, Buffer.from(base64, 'base64')]));
  const missing = (key: string) => `references non-existent secret key: ${key}`;
  return pick(data, items, { defaultMode: context.defaultMode, optional, missing });
}

export function downwardFiles(items: readonly DownwardAPIVolumeFile[], context: SourceContext): Files {
  return new Map(
    items.map((item) => [
      item.path,
      { data: Buffer.from(downwardValue(item, context)), mode: item.mode ?? context.defaultMode },
    ]),
  );
}

function downwardValue({ fieldRef, resourceFieldRef }: DownwardAPIVolumeFile, { pod, facts }: SourceContext): string {
  if (fieldRef?.fieldPath === 'metadata.labels') return formatMap(pod.metadata.labels ?? {});
  if (fieldRef?.fieldPath === 'metadata.annotations') return formatMap(pod.metadata.annotations ?? {});
  const all = { ...facts, podIPs: [] };
  if (fieldRef !== undefined) return fieldValue(fieldRef.fieldPath, pod, all);
  if (resourceFieldRef !== undefined) return resourceValueOf(resourceFieldRef, pod, all);
  return '';
}

/** A token is for its owner alone where one is known: the user that all containers run as, or the pod's group. */
async function tokenFile(
  source: NonNullable<VolumeProjection['serviceAccountToken']>,
  { pod, tokens, defaultMode }: SourceContext,
): Promise<Files> {
  const { token } = await tokens.get(pod, source).catch((error: unknown) => {
    if (!(error instanceof StatusError) || error.code >= 500 || error.code === 429) throw error;
    throw new VolumeError(`failed to fetch token: ${error.message}`);
  });
  const uid = commonUser(pod);
  const owned = uid !== undefined || pod.spec?.securityContext?.fsGroup !== undefined;
  const file = { data: Buffer.from(token), mode: owned ? 0o600 : defaultMode };
  return new Map([[source.path, uid === undefined ? file : { ...file, uid }]]);
}

/** The user that every container runs as, when they all say so (kubelet: FsUserFrom). */
function commonUser({ spec }: Pod): number | undefined {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const users = containers.map((c) => c.securityContext?.runAsUser ?? spec?.securityContext?.runAsUser);
  return new Set(users).size === 1 ? users[0] : undefined;
}

/** Every source of a projected volume, later ones over earlier ones; all that fails is told at once. */
export async function projectedFiles(sources: readonly VolumeProjection[], context: SourceContext): Promise<Files> {
  const results = await Promise.allSettled(sources.map((source) => oneSource(source, context)));
  const failures = results.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
  const unexpected = failures.find((reason) => !(reason instanceof VolumeError));
  if (unexpected !== undefined) throw unexpected;
  const messages = failures.map((reason) => (reason as VolumeError).message);
  if (messages.length > 0) throw new VolumeError(messages.length === 1 ? `${messages[0]}` : `[${messages.join(', ')}]`);
  return new Map(results.flatMap((result) => (result.status === 'fulfilled' ? [...result.value] : [])));
}

async function oneSource(source: VolumeProjection, context: SourceContext): Promise<Files> {
  if (source.configMap !== undefined) return configMapFiles(source.configMap, context);
  if (source.secret !== undefined) return secretFiles(source.secret, context);
  if (source.downwardAPI !== undefined) return downwardFiles(source.downwardAPI.items ?? [], context);
  if (source.serviceAccountToken !== undefined) return tokenFile(source.serviceAccountToken, context);
  const [kind = 'source'] = Object.keys(source);
  throw new VolumeError(`projected volumes from ${kind} are not supported by this node`);
}
