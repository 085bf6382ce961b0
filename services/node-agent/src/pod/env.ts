import { milliValue, quantityValue } from '@kubus/shared/object';
import type {
  ConfigMap,
  Container,
  EnvVar,
  EnvVarSource,
  Pod,
  RuntimeClass,
  Secret,
  Service,
} from '@kubus/shared/schema';
import { EnvFileError, valueInEnvFile } from './env-file.ts';
import { serviceVariables } from './service-env.ts';

/** ConfigMaps and Secrets that a pod's containers refer to; undefined when the object does not exist. */
export interface ConfigSource {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
  /** Services of all namespaces; absent: containers are told of none. */
  services?(): Promise<readonly Service[]>;
}

/** All that a pod refers to. */
export interface PodReferences extends ConfigSource {
  runtimeClass(name: string): Promise<RuntimeClass | undefined>;
}

/** The text of a file in one of the pod's volumes; undefined when there is none. */
type ReadVolumeFile = (volume: string, path: string) => Promise<string | undefined>;

/** Where values come from. */
export interface EnvSources {
  config: ConfigSource;
  facts: PodFacts;
  file: ReadVolumeFile;
}

/** A reference that cannot be resolved; shown as CreateContainerConfigError with this message. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** What the node knows of the pod beyond its spec. */
export interface PodFacts {
  podIPs: readonly string[];
  hostIPs: readonly string[];
  allocatable: { cpuMillis: number; memoryBytes: number; storageBytes: number };
}

/** Those of Services, then in the order of definition; a later one of the same name wins (Kubernetes: env over envFrom over Services). */
export async function resolveEnv(pod: Pod, container: Container, sources: EnvSources): Promise<[string, string][]> {
  const { config } = sources;
  const env = serviceVariables(pod, (await config.services?.()) ?? []);
  for (const from of container.envFrom ?? []) {
    for (const [name, value] of await fromObject(from, config)) env.set(`${from.prefix ?? ''}${name}`, value);
  }
  for (const variable of container.env ?? []) {
    const value = await valueOfVariable(variable, pod, container, sources, env);
    if (value !== undefined) env.set(variable.name, value);
  }
  return [...env];
}

async function fromObject(
  from: NonNullable<Container['envFrom']>[number],
  config: ConfigSource,
): Promise<[string, string][]> {
  if (from.configMapRef !== undefined) {
    const { name = '', optional } = from.configMapRef;
    const found = await config.configMap(name);
    if (found === undefined && optional !== true) throw new ConfigError(`configmap "${name}" not found`);
    return Object.entries(found?.data ?? {});
  }
  if (from.secretRef !== undefined) {
    const { name = '', optional } = from.secretRef;
    const found = await config.secret(name);
    if (found === undefined && optional !== true) throw new ConfigError(`secret "${name}" not found`);
    return Object.entries(found?.data ?? {}).map(([key, value]) => [key, decode(value)]);
  }
  return [];
}

const decode = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');

async function valueOfVariable(
  variable: EnvVar,
  pod: Pod,
  container: Container,
  { config, facts, file }: EnvSources,
  known: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  const source = variable.valueFrom;
  if (source === undefined) return expand(variable.value ?? '', known);
  if (source.configMapKeyRef !== undefined || source.secretKeyRef !== undefined)
    return fromKey(source, pod.metadata.namespace ?? '', config);
  if (source.fieldRef !== undefined) return fieldValue(source.fieldRef.fieldPath, pod, facts);
  if (source.resourceFieldRef !== undefined) return resourceValue(source.resourceFieldRef, pod, container, facts);
  if (source.fileKeyRef !== undefined) return fromFile(source.fileKeyRef, file);
  // Better no container than one that lacks a variable it was promised.
  throw new ConfigError(`this node cannot tell where the value of ${variable.name} comes from`);
}

async function fromFile(
  { volumeName, path, key, optional = false }: NonNullable<EnvVarSource['fileKeyRef']>,
  file: ReadVolumeFile,
): Promise<string | undefined> {
  const text = await file(volumeName, path);
  const value = text === undefined ? undefined : parsedValue(text, key);
  if (value !== undefined || optional) return value;
  if (text === undefined) throw new ConfigError("couldn't parse env file");
  throw new ConfigError(`environment variable key "${key}" not found in file "${path}"`);
}

/** What is wrong with the text is not told: it may be anything that the volume holds. */
function parsedValue(text: string, key: string): string | undefined {
  try {
    return valueInEnvFile(text, key);
  } catch (error) {
    if (!(error instanceof EnvFileError)) throw error;
    throw new ConfigError("couldn't parse env file", { cause: error });
  }
}

async function fromKey(source: EnvVarSource, namespace: string, config: ConfigSource): Promise<string | undefined> {
  const isSecret = source.configMapKeyRef === undefined;
  const { name = '', key = '', optional = false } = source.configMapKeyRef ?? source.secretKeyRef ?? {};
  const found = isSecret ? await config.secret(name) : await config.configMap(name);
  const { data } = found ?? {};
  if (data !== undefined && Object.hasOwn(data, key)) return isSecret ? decode(data[key] ?? '') : data[key];
  if (optional) return undefined;
  if (found === undefined) throw new ConfigError(`${isSecret ? 'secret' : 'configmap'} "${name}" not found`);
  throw new ConfigError(`couldn't find key ${key} in ${isSecret ? 'Secret' : 'ConfigMap'} ${namespace}/${name}`);
}

/** `metadata.labels['app']` and the like. */
const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/;

/** The downward API for environment variables (Kubernetes: "Downward API"). */
export function fieldValue(path: string, pod: Pod, facts: PodFacts): string {
  const keyed = subscript.exec(path);
  if (keyed !== null) {
    const map = keyed[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations;
    return Object.hasOwn(map ?? {}, keyed[2] ?? '') ? (map?.[keyed[2] ?? ''] ?? '') : '';
  }
  const fields = new Map<string, string>([
    ['metadata.name', pod.metadata.name],
    ['metadata.namespace', pod.metadata.namespace ?? ''],
    ['metadata.uid', pod.metadata.uid ?? ''],
    ['spec.nodeName', pod.spec?.nodeName ?? ''],
    ['spec.serviceAccountName', pod.spec?.serviceAccountName ?? ''],
    ['status.hostIP', facts.hostIPs[0] ?? ''],
    ['status.hostIPs', facts.hostIPs.join(',')],
    ['status.podIP', facts.podIPs[0] ?? ''],
    ['status.podIPs', facts.podIPs.join(',')],
  ]);
  const value = fields.get(path);
  if (value === undefined) throw new ConfigError(`unsupported fieldPath: ${path}`);
  return value;
}

type ResourceRef = NonNullable<EnvVarSource['resourceFieldRef']>;

/** A request or limit in units of the divisor, rounded up; a missing limit is that of the pod, or else the node's allocatable. */
function resourceValue(ref: ResourceRef, pod: Pod, container: Container, facts: PodFacts): string {
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const target =
    ref.containerName === undefined || ref.containerName === ''
      ? container
      : all.find((c) => c.name === ref.containerName);
  if (target === undefined) throw new ConfigError(`container ${ref.containerName} not found`);
  return resourceOf(target, ref, pod, facts);
}

/** As `resourceFieldRef` of a volume, which always names its container. */
export function resourceValueOf(ref: ResourceRef, pod: Pod, facts: PodFacts): string {
  return resourceValue(ref, pod, { name: '' }, facts);
}

function resourceOf(target: Container, ref: ResourceRef, { spec }: Pod, facts: PodFacts): string {
  const [list, name = ''] = splitOnce(ref.resource);
  const given = list === 'limits' ? target.resources?.limits?.[name] : target.resources?.requests?.[name];
  const { cpu, memory } = spec?.resources?.limits ?? {};
  const whole = new Map([
    ['cpu', cpu ?? facts.allocatable.cpuMillis / 1000],
    ['memory', memory ?? facts.allocatable.memoryBytes],
    ['ephemeral-storage', facts.allocatable.storageBytes],
  ]);
  const value = given ?? (list === 'limits' ? (whole.get(name) ?? 0) : 0);
  const divisor = ref.divisor === undefined || quantityValue(ref.divisor) === 0 ? 1 : ref.divisor;
  if (name === 'cpu') return `${Math.ceil(milliValue(value) / milliValue(divisor))}`;
  return `${Math.ceil(quantityValue(value) / quantityValue(divisor))}`;
}

function splitOnce(text: string): [string, string | undefined] {
  const dot = text.indexOf('.');
  return dot < 0 ? [text, undefined] : [text.slice(0, dot), text.slice(dot + 1)];
}

/** `$(NAME)` becomes the variable's value, `$$` a dollar sign; unknown names stay as they are (Kubernetes: "Dependent environment variables"). */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    return variables.get(name) ?? whole;
  });
}
