import { StatusError } from '@kubus/shared/errors';

/** The shape in which a client wants objects (KEP-2334 for the discovery forms; API concepts: "Receiving resources as Tables"). */
export interface Representation {
  format: 'json' | 'yaml' | 'protobuf';
  /** Asked for by `as=`; absent: the object itself. */
  as?: { kind: string; group: string; version: string };
  /** Indented, for people. */
  pretty: boolean;
}

interface Clause {
  type: string;
  parameters: ReadonlyMap<string, string>;
  quality: number;
}

export const MEDIA_JSON = 'application/json';
export const MEDIA_YAML = 'application/yaml';
export const MEDIA_PROTOBUF = 'application/vnd.kubernetes.protobuf';

const formats: ReadonlyMap<string, Representation['format']> = new Map([
  [MEDIA_JSON, 'json'],
  ['application/*', 'json'],
  ['*/*', 'json'],
  [MEDIA_YAML, 'yaml'],
]);

/** Longer headers are cut at a clause limit: nobody sends more, and parsing them costs. */
const MAX_CLAUSES = 32;

/** Splits a media range header; clauses come best first (quality, then order). */
export function parseAccept(header: string): Clause[] {
  return header
    .split(',', MAX_CLAUSES)
    .map(parseClause)
    .filter((clause) => clause.type !== '' && clause.quality > 0)
    .sort((a, b) => b.quality - a.quality);
}

function parseClause(text: string): Clause {
  const [type = '', ...rest] = text.split(';');
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const equals = parameter.indexOf('=');
    if (equals > 0) parameters.set(parameter.slice(0, equals).trim().toLowerCase(), parameter.slice(equals + 1).trim());
  }
  const quality = Number(parameters.get('q') ?? '1');
  return { type: type.trim().toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 };
}

/**
 * Chooses how to answer. `transforms(kind, group, version)` says which `as=` forms can be given here; a clause with another form is passed over,
 * as a clause of an unknown media type is. `protobuf`: the kind has that form. Throws NotAcceptable when nothing is left.
 */
export function negotiate(
  accept: string | undefined,
  transforms: (as: { kind: string; group: string; version: string }) => boolean,
  protobuf = false,
): Representation {
  if (accept === undefined || accept === '*/*' || accept === MEDIA_JSON || accept.trim() === '')
    return { format: 'json', pretty: false };
  for (const clause of parseAccept(accept)) {
    const format = protobuf && clause.type === MEDIA_PROTOBUF ? 'protobuf' : formats.get(clause.type);
    if (format === undefined) continue;
    const pretty = clause.parameters.get('pretty') === '1';
    const kind = clause.parameters.get('as');
    if (kind === undefined) return { format, pretty };
    const as = { kind, group: clause.parameters.get('g') ?? '', version: clause.parameters.get('v') ?? '' };
    // Tables have no protobuf form.
    if (format === 'protobuf' && kind === 'Table') continue;
    if (transforms(as)) return { format, as, pretty };
  }
  throw notAcceptable([MEDIA_JSON, MEDIA_YAML, ...(protobuf ? [MEDIA_PROTOBUF] : [])]);
}

export function notAcceptable(types: readonly string[]): StatusError {
  return new StatusError('NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`);
}

/** The forms every resource can be given in. */
export function objectTransforms(as: { kind: string; group: string; version: string }): boolean {
  return (
    as.group === 'meta.k8s.io' &&
    (as.version === 'v1' || as.version === 'v1beta1') &&
    (as.kind === 'Table' || as.kind === 'PartialObjectMetadata' || as.kind === 'PartialObjectMetadataList')
  );
}
