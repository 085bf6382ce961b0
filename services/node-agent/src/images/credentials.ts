import type { Secret } from '@kubus/shared/schema';

/** What a registry asks for. */
export interface RegistryAuth {
  username?: string;
  password?: string;
  identitytoken?: string;
  serveraddress: string;
  /** Whom it was given to, where that is more lasting than the words themselves; registries are not told. */
  holder?: string;
}

/** Credentials, and what they are for. */
export interface CredentialEntry {
  /** Host with port and path, without scheme; each part of the host may hold `*`. */
  pattern: string;
  auth: RegistryAuth;
}

const defaultRegistry = 'index.docker.io';

/**
 * Credentials of image pull secrets that are good for an image, the most specific first (Kubernetes: "Interpretation of config.json"). Secrets of other types and
 * entries that cannot be read count for nothing. Pure.
 */
export function credentialsFor(image: string, secrets: readonly Secret[]): RegistryAuth[] {
  return matching(image, secrets.flatMap(entriesOf));
}

/** Those of the entries that are good for an image, the most specific first. */
export function matching(image: string, given: readonly CredentialEntry[]): RegistryAuth[] {
  const entries = given.toSorted((a, b) => (a.pattern < b.pattern ? 1 : a.pattern > b.pattern ? -1 : 0));
  const name = repositoryOf(image);
  const matching = entries.filter(({ pattern }) => matchesImage(pattern, name));
  const found = matching.length > 0 || !isOfDefaultRegistry(name) ? matching : entries.filter(isDefault);
  return found.map(({ auth }) => auth);
}

const isDefault = ({ pattern }: CredentialEntry) => pattern === defaultRegistry || pattern === 'docker.io';

/** The image without tag and digest; with its registry. */
export function repositoryOf(image: string): string {
  const [name = ''] = image.split('@', 1);
  const slash = name.lastIndexOf('/');
  const colon = name.indexOf(':', slash + 1);
  const repository = colon < 0 ? name : name.slice(0, colon);
  const [first = ''] = repository.split('/', 1);
  const hasRegistry = repository.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  if (hasRegistry) return repository;
  return `docker.io/${repository.includes('/') ? repository : `library/${repository}`}`;
}

const isOfDefaultRegistry = (name: string) => ['docker.io', defaultRegistry].includes(name.split('/', 1)[0] ?? '');

/** Host by host part, the same port, and the path as a beginning. */
export function matchesImage(pattern: string, name: string): boolean {
  const wanted = split(pattern);
  const given = split(name);
  return (
    wanted.port === given.port &&
    wanted.host.length === given.host.length &&
    given.path.startsWith(wanted.path) &&
    wanted.host.every((part, i) => matchesPart(part, given.host[i] ?? ''))
  );
}

function split(name: string): { host: string[]; port: string; path: string } {
  const slash = name.indexOf('/');
  const [host = '', port = ''] = (slash < 0 ? name : name.slice(0, slash)).split(':');
  return { host: host.split('.'), port, path: slash < 0 ? '' : name.slice(slash) };
}

/** `*` stands for any text within a part; linear in the length of both. */
function matchesPart(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === text;
  const last = rest.pop() ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const middle of rest) {
    const found = text.indexOf(middle, at);
    if (found < 0) return false;
    at = found + middle.length;
  }
  return at <= text.length - last.length;
}

function entriesOf(secret: Secret): CredentialEntry[] {
  const auths =
    secret.type === 'kubernetes.io/dockerconfigjson'
      ? objectOf(objectOf(read(secret, '.dockerconfigjson'))?.['auths'])
      : secret.type === 'kubernetes.io/dockercfg'
        ? objectOf(read(secret, '.dockercfg'))
        : undefined;
  return Object.entries(auths ?? {}).flatMap(([key, value]) => entryOf(key, objectOf(value)) ?? []);
}

/** As a `config.json` has it; undefined when it says neither who nor a token. */
export function entryOf(key: string, entry: Record<string, unknown> | undefined): CredentialEntry | undefined {
  const auth = authOf(key, entry);
  return auth === undefined ? undefined : { pattern: patternOf(key), auth };
}

function read(secret: Secret, key: string): unknown {
  try {
    return JSON.parse(Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}

const objectOf = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;

/** `https://index.docker.io/v1/` is how Docker writes the host. */
const patternOf = (key: string) => key.replace(/^https?:\/\//, '').replace(/\/(v[12]\/?)?$/, '');

function authOf(serveraddress: string, entry: Record<string, unknown> | undefined): RegistryAuth | undefined {
  if (entry === undefined) return undefined;
  const text = (name: string) => (typeof entry[name] === 'string' ? (entry[name] as string) : '');
  const both = Buffer.from(text('auth'), 'base64').toString('utf8');
  const colon = both.indexOf(':');
  const username = text('username') || (colon < 0 ? '' : both.slice(0, colon));
  const password = text('password') || (colon < 0 ? '' : both.slice(colon + 1));
  const identitytoken = text('identitytoken');
  if (username === '' && identitytoken === '') return undefined;
  return { serveraddress, username, password, ...(identitytoken === '' ? {} : { identitytoken }) };
}
