import {
  type Field,
  isObject,
  type JsonObject,
  type ScalarType,
  type SchemaNode,
  type StructNode,
} from '@kubus/shared/schema';

/** A field that a server does not take, and why. */
interface Cause {
  field: string;
  message: string;
}

/** What a server says of an object: nothing, or everything that is wrong with it. */
export type Judge = (object: JsonObject) => Promise<readonly Cause[]>;

export interface Grown {
  object: JsonObject;
  /** Fields of the type that the server did not take together with the others. */
  refused: string[];
}

/**
 * The object with as many of the fields of its type as are taken together: every field is given a plausible value, and what is refused is taken away
 * again, until nothing is. What `seed` says stays. Throws when that is not enough.
 */
export async function grow(node: StructNode, seed: JsonObject, judge: Judge): Promise<Grown> {
  const object = filled(node, seed, []) as JsonObject;
  const refused: string[] = [];
  for (let round = 0; round < 200; round++) {
    const causes = await judge(object);
    if (causes.length === 0) return { object, refused };
    if (causes.filter((cause) => correct(object, seed, cause)).length > 0) continue;
    const paths = causes.map(({ field }) => steps(field));
    const gone = paths.filter((path) => removeField(object, seed, path)).map((path) => path.join('.'));
    // One at a time: what one of them takes away may be what the others are about.
    const [first = []] = paths;
    if (gone.length === 0)
      gone.push(removeNear(object, seed, first) ?? giveUp(`cannot do without ${JSON.stringify(causes[0])}`));
    refused.push(...gone);
  }
  return giveUp(`no end of what is refused: ${refused.join(', ')}`);
}

function giveUp(why: string): never {
  throw new Error(why);
}

function filled(node: SchemaNode, seed: unknown, above: readonly StructNode[], field?: Field): unknown {
  if (node.kind === 'scalar') return seed ?? scalar(field, node.scalar, above.length);
  if (node.kind === 'list') {
    const seeds = (seed as unknown[] | undefined) ?? [undefined];
    const elements = seeds.map((one) => filled(node.element, one, above, field)).filter((one) => one !== undefined);
    return elements.length > 0 || seed !== undefined ? elements : undefined;
  }
  if (node.kind === 'map') {
    if (seed !== undefined) return seed;
    const element = filled(node.element, undefined, above, field);
    return element === undefined ? undefined : { [keys[field?.name ?? ''] ?? 'a.example.com/key']: element };
  }
  if (above.includes(node)) return seed;
  const object: JsonObject = { ...(seed as JsonObject | undefined) };
  for (const one of node.fields.values()) {
    // What is inside of another object does not say its kind in protobuf, nor in Go.
    if (node.document && above.length > 0 && (one.name === 'apiVersion' || one.name === 'kind')) continue;
    if (seed !== undefined && exclusive.has(node.goType) && !Object.hasOwn(object, one.name)) continue;
    const value = filled(one.node, object[one.name], [...above, node], one);
    if (value !== undefined) object[one.name] = value;
  }
  return object;
}

/** Types whose fields exclude each other: where a seed has one of them, it says which it is to be. */
const exclusive: ReadonlySet<string> = new Set([
  ...['v1.Volume', 'v1.VolumeProjection', 'v1.EnvVar', 'v1.EnvVarSource', 'v1.EnvFromSource', 'v1.LifecycleHandler'],
]);

/** Keys of maps that are not just any. */
const keys: Readonly<Record<string, string>> = {
  data: 'key.txt',
  binaryData: 'bytes.bin',
  stringData: 'said.txt',
  requests: 'cpu',
  limits: 'cpu',
  capacity: 'cpu',
  allocatable: 'cpu',
  hard: 'pods',
  overhead: 'memory',
  podFixed: 'memory',
};

const values: Readonly<Record<string, unknown>> = {
  key: 'app',
  preemptionPolicy: 'PreemptLowerPriority',
  serviceAccountName: 'default',
  serviceAccount: 'default',
  priorityClassName: 'tried',
  priority: 7,
  runtimeClassName: 'tried',
  apiVersion: 'v1',
  kind: 'ConfigMap',
  uid: '11111111-2222-3333-4444-555555555555',
  ip: '192.0.2.9',
  hostIP: '192.0.2.8',
  nameservers: '192.0.2.53',
  cidr: '192.0.2.0/24',
  path: '/a/path',
  mountPath: '/mounted/here',
  devicePath: '/dev/made',
  url: 'https://example.com/hook',
  pattern: '/x',
  port: 8080,
  hostPort: 8081,
  containerPort: 8080,
  expression: 'true',
  operator: 'Exists',
  host: 'host.example.com',
  hostname: 'host.example.com',
  topologyKey: 'kubernetes.io/hostname',
  weight: 7,
  mode: 0o640,
  defaultMode: 0o640,
  fieldPath: 'metadata.name',
  resource: 'limits.cpu',
  image: 'app:1',
  schedule: '0 3 * * *',
  timeZone: 'Etc/UTC',
  verbs: 'get',
  signerName: 'example.com/signer',
};

const textual: ReadonlySet<ScalarType> = new Set(['string', 'int32', 'int64']);

function scalar(field: Field | undefined, type: ScalarType, depth: number): unknown {
  const name = field?.name ?? '';
  const usual = Object.hasOwn(values, name) ? values[name] : undefined;
  if (typeof usual === (type.startsWith('int') ? 'number' : 'string') && textual.has(type)) return usual;
  if (field?.enum !== undefined && field.enum.length > 0) return field.enum[0];
  switch (type) {
    case 'string':
      return `${name.toLowerCase()}-${depth}`;
    case 'bool':
      return true;
    case 'int32':
    case 'int64':
      return depth + 1;
    case 'double':
      return 1.5;
    case 'bytes':
      return Buffer.from(name).toString('base64');
    case 'Time':
      return '2026-01-02T03:04:05Z';
    case 'MicroTime':
      return '2026-01-02T03:04:05.000006Z';
    case 'Duration':
      return '1h2m3s';
    case 'Quantity':
      return `${depth}`;
    case 'IntOrString':
      return depth + 1;
    case 'FieldsV1':
      return { [`f:${name}`]: {} };
    default:
      return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'embedded' }, data: { a: 'b' } };
  }
}

/** `spec.containers[0].env[1].name` and `spec.limits[0].max[cpu]` in steps. */
function steps(path: string): string[] {
  return path
    .replace('securityContext.shareProcessNamespace', 'shareProcessNamespace')
    .replace(/\[([^\]]*)\]/g, '.$1')
    .split('.')
    .filter((step) => step !== '');
}

/** Gives a field one of the values that the refusal names. */
function correct(object: JsonObject, seed: JsonObject, { field, message }: Cause): boolean {
  const [value, ...others] = [...(/supported values: (.*)/.exec(message)?.[1] ?? '').matchAll(/"([^"]*)"/g)].map(
    ([, one]) => one,
  );
  const path = steps(field);
  const parent = at(object, path.slice(0, -1));
  const name = path.at(-1) as string;
  if (typeof parent !== 'object' || parent === null || value === undefined || at(seed, path) !== undefined)
    return false;
  const values = [value, ...others];
  const current = (parent as JsonObject)[name];
  if (typeof current !== 'string' || values.includes(current)) return false;
  (parent as JsonObject)[name] = value;
  return true;
}

/** Takes away a field of an object that the seed does not insist on. */
function removeField(object: JsonObject, seed: JsonObject, path: readonly string[]): boolean {
  const parent = at(object, path.slice(0, -1));
  const name = path.at(-1) as string;
  if (!isObject(parent) || !Object.hasOwn(parent, name) || at(seed, path) !== undefined) return false;
  delete parent[name];
  return true;
}

/**
 * Takes away the innermost part of the path that is there and that the seed does not insist on; where it insists on all of it, something else that
 * stands beside or within. Says what that was.
 */
function removeNear(object: JsonObject, seed: JsonObject, path: readonly string[]): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const here = path.slice(0, length);
    const parent = at(object, here.slice(0, -1));
    const last = here.at(-1) as string;
    if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, last)) continue;
    const wanted = at(seed, here);
    if (wanted === undefined) {
      if (!Array.isArray(parent)) delete (parent as JsonObject)[last];
      else if (parent.splice(Number(last), 1).length > 0 && parent.length === 0) {
        removeField(object, seed, here.slice(0, -1));
      }
      return here.join('.');
    }
    const extra = removeExtra((parent as JsonObject)[last], wanted);
    if (extra !== undefined) return [...here, ...extra].join('.');
  }
  return undefined;
}

/** Takes away something that the wanted value does not have. */
function removeExtra(value: unknown, wanted: unknown): string[] | undefined {
  if (!isObject(value) || !isObject(wanted)) return undefined;
  const extra = Object.keys(value).find((name) => !Object.hasOwn(wanted, name));
  if (extra !== undefined) {
    delete value[extra];
    return [extra];
  }
  for (const name of Object.keys(value)) {
    const inside = removeExtra(value[name], wanted[name]);
    if (inside !== undefined) return [name, ...inside];
  }
  return undefined;
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inside, step) => (typeof inside === 'object' && inside !== null ? (inside as JsonObject)[step] : undefined),
    value,
  );
}
