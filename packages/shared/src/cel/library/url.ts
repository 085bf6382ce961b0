import { CelError } from '../errors.ts';
import { fn, type Overload } from '../function.ts';
import { ArrayList, CelOpaque, EntryMap } from '../values.ts';

/** An absolute URI or an absolute path, as Go's url.ParseRequestURI takes them. */
const absolute = /^(?:([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?)?(\/[^?]*|(?<=:[^/].*)[^?]*)?(?:\?(.*))?$/s;
const host = /^(?:[^@]*@)?(\[[0-9A-Fa-f:.%]+\]|[^:[\]\s<>"]*)(?::(\d*))?$/;
const badEscape = /%(?![0-9A-Fa-f]{2})/;

class Url extends CelOpaque {
  readonly typeName = 'kubernetes.URL';
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
  readonly query: string;

  constructor(text: string, parts: RegExpExecArray, hostParts: RegExpExecArray) {
    super();
    this.text = text;
    this.scheme = (parts[1] ?? '').toLowerCase();
    this.hostname = (hostParts[1] ?? '').replace(/^\[|\]$/g, '');
    this.port = hostParts[2] ?? '';
    this.host = (parts[2] ?? '').replace(/^[^@]*@/, '');
    this.path = parts[3] ?? '';
    this.query = parts[4] ?? '';
  }

  equals(other: CelOpaque): boolean {
    return this.text === (other as Url).text;
  }
}

function parse(text: string): Url | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses them
  if (text === '' || /[\x00-\x20\x7f]/.test(text)) return undefined;
  const parts = absolute.exec(text);
  if (parts === null || (parts[1] === undefined && !text.startsWith('/'))) return undefined;
  const hostParts = host.exec(parts[2] ?? '');
  if (hostParts === null || badEscape.test(parts[3] ?? '')) return undefined;
  return new Url(text, parts, hostParts);
}

function required(text: string): Url {
  const url = parse(text);
  if (url === undefined)
    throw new CelError(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
    );
  return url;
}

function queryOf({ query }: Url): EntryMap {
  const values = new Map<string, string[]>();
  for (const [key, value] of new URLSearchParams(query)) values.set(key, [...(values.get(key) ?? []), value]);
  return new EntryMap([...values].map(([key, list]) => [key, new ArrayList(list)] as const));
}

const U = 'kubernetes.URL';
const part = { cost: () => 0, resultSize: () => 2048 };

/** Kubernetes' URL library. */
export const urls: readonly Overload[] = [
  fn(`url(string): ${U}`, (_, text: string) => required(text)),
  fn('isURL(string): bool', (_, text: string) => parse(text) !== undefined),
  fn(`${U}.getScheme(): string`, (_, { scheme }: Url) => scheme, part),
  fn(`${U}.getHost(): string`, (_, url: Url) => url.host, part),
  fn(`${U}.getHostname(): string`, (_, { hostname }: Url) => hostname, part),
  fn(`${U}.getPort(): string`, (_, { port }: Url) => port, part),
  fn(`${U}.getEscapedPath(): string`, (_, { path }: Url) => path, part),
  fn(`${U}.getQuery(): map(string, list(string))`, (_, url: Url) => queryOf(url), part),
];
