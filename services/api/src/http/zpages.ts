import type { PathCall } from './call.ts';
import { MEDIA_JSON, MEDIA_YAML, notAcceptable, parseAccept } from './negotiate.ts';
import type { PathHandler } from './paths.ts';
import { type Answer, encode, send } from './respond.ts';
import { KUBERNETES_VERSION } from './version.ts';

const component = 'kube-apiserver';
const group = 'config.k8s.io';
const versions: ReadonlySet<string> = new Set(['v1alpha1', 'v1beta1']);
const warning =
  'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.';

export interface ZPagesOptions {
  /** First segments of the paths that are served. */
  paths: readonly string[];
  /** Settings of this replica by name; nothing secret in them. */
  flags: Readonly<Record<string, string>>;
  now: () => Date;
}

/** /statusz and /flagz (KEP-4827, KEP-4828; beta and on in 1.36): text for people, JSON and YAML for who names group, version and kind. */
export function zPages({ paths, flags, now }: ZPagesOptions): { statusz: PathHandler; flagz: PathHandler } {
  const started = now();
  const listed = [...paths, 'flagz', 'statusz'].map((path) => `/${path}`).sort();
  const status = () => ({
    startTime: `${started.toISOString().slice(0, 19)}Z`,
    uptimeSeconds: Math.floor((now().getTime() - started.getTime()) / 1000),
    goVersion: `node ${process.version}`,
    binaryVersion: KUBERNETES_VERSION.gitVersion.slice(1).replace(/\+.*$/, ''),
    emulationVersion: `${KUBERNETES_VERSION.major}.${KUBERNETES_VERSION.minor}`,
    paths: listed,
  });
  return {
    statusz: (call) => serve(call, 'Statusz', 'statusz', status(), statusLines),
    flagz: (call) => serve(call, 'Flagz', 'flags', { flags }, () => Object.entries(flags).sort(byName)),
  };
}

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : 1);

type Lines = readonly (readonly [string, string])[];

function serve<T extends object>(
  call: PathCall,
  kind: string,
  title: string,
  content: T,
  lines: (content: T) => Lines,
): Promise<void> {
  const form = formOf(call.request.headers.accept, kind);
  return send(call.request, call.response, form === undefined ? text(title, lines(content)) : form(content));
}

function text(title: string, lines: Lines): Answer {
  const body = lines.map(([name, value]) => `${name}: ${value}\n`).join('');
  return {
    code: 200,
    contentType: 'text/plain; charset=utf-8',
    body: `\n${component} ${title}\n${warning}\n\n${body}`,
  };
}

/** How the content is to be written; undefined: as text. Throws NotAcceptable, for JSON of no named form too. */
function formOf(accept: string | undefined, kind: string): ((content: object) => Answer) | undefined {
  if (accept === undefined || accept.trim() === '') return undefined;
  for (const { type, parameters } of parseAccept(accept)) {
    if (type === 'text/plain' || type === 'text/*' || type === '*/*') return undefined;
    const version = parameters.get('v') ?? '';
    const named = parameters.get('g') === group && parameters.get('as') === kind && versions.has(version);
    if (!named || (type !== MEDIA_JSON && type !== MEDIA_YAML)) continue;
    const head = { kind, apiVersion: `${group}/${version}`, metadata: { name: component } };
    const format = type === MEDIA_YAML ? 'yaml' : 'json';
    return (content) => encode({ ...head, ...content }, { format, pretty: false });
  }
  throw notAcceptable([
    'text/plain',
    ...[MEDIA_JSON, MEDIA_YAML].map((type) => `${type};g=${group};v=v1beta1;as=${kind}`),
  ]);
}

interface StatusContent {
  startTime: string;
  uptimeSeconds: number;
  goVersion: string;
  binaryVersion: string;
  emulationVersion: string;
  paths: readonly string[];
}

function statusLines(status: StatusContent): Lines {
  return [
    ['Started', new Date(status.startTime).toUTCString()],
    ['Up', uptime(status.uptimeSeconds)],
    ['Go version', status.goVersion],
    ['Binary version', status.binaryVersion],
    ['Emulation version', status.emulationVersion],
    ['Paths', status.paths.join(' ')],
  ];
}

function uptime(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)} hr ${two(Math.floor(seconds / 60) % 60)} min ${two(seconds % 60)} sec`;
}
