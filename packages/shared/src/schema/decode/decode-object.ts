import type { StatusError } from '../../errors/index.ts';
import { type KubeObject, parseApiVersion } from '../../object/index.ts';
import { getKey, isObject, type JsonObject } from '../data.ts';
import type { StructNode } from '../node.ts';
import { builtinSchema } from '../schema-set.ts';
import { Decoder, type MismatchWords } from './decoder.ts';
import { inOrder } from './order.ts';
import { cannotBeHandled, DecodeProblems, noVersionAndKind, unrecognizedBody } from './problems.ts';
import { describe } from './scalars.ts';

/** The request parameter `fieldValidation` (KEP-2885): what becomes of unknown and duplicate fields. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface DecodeOptions {
  /** Default 'Ignore'. The front gives what the client asked for, of which the default is 'Warn'. */
  fieldValidation?: FieldValidation;
  /** What the text's parser passed over: `duplicate field "spec.x"`. */
  strictErrors?: readonly string[];
}

export interface Decoded<T> {
  object: T;
  /** Texts for Warning headers; always empty unless `fieldValidation` is 'Warn'. */
  warnings: readonly string[];
}

/**
 * Reads a body as a value of a type: 'io.k8s.api.core.v1.Pod', or the node of a custom resource's definition. Throws BadRequest in Kubernetes'
 * words: for the first value of a wrong type (`details.causes` has them all), and when 'Strict' for unknown and duplicate fields.
 */
export function decodeObject<T = KubeObject>(
  type: string | StructNode,
  body: unknown,
  options: DecodeOptions = {},
): Decoded<T> {
  const node = typeof type === 'string' ? builtinSchema.struct(type) : type;
  if (!isObject(body)) throw notAnObject(node, body);
  const { object, problems } = examine(node, body, options);
  const { typeError } = problems;
  // Those of built-in kinds are told as they stand in the body (sigs.k8s.io/json), those of custom ones after the parser's.
  const strict =
    typeof type === 'string' && options.strictErrors?.length ? inOrder(problems.strict, body) : problems.strict;
  if (typeError !== undefined) throw refuse(node, body, typeError.message, typeError.causes);
  if (options.fieldValidation === 'Strict' && strict.length > 0) throw refuse(node, body, strictMessage(strict));
  return { object: object as T, warnings: options.fieldValidation === 'Warn' ? strict : [] };
}

interface ExamineOptions {
  strictErrors?: readonly string[] | undefined;
  /** A decoded object of which the body may have taken over parts. */
  known?: JsonObject;
  words?: MismatchWords | undefined;
}

/** What `decodeObject` makes of a body, before the problems are judged. */
export function examine(
  node: StructNode,
  body: JsonObject,
  { strictErrors = [], known, words }: ExamineOptions = {},
): { object: unknown; problems: DecodeProblems } {
  const problems = new DecodeProblems();
  for (const message of strictErrors) problems.addStrict(message);
  return { object: new Decoder(problems, words).decode(node, body, known), problems };
}

export function strictMessage(strict: readonly string[]): string {
  return `strict decoding error: ${strict.join(', ')}`;
}

function notAnObject(node: StructNode, body: unknown): StatusError {
  const into = `struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
  const problem = noVersionAndKind(`json: cannot unmarshal ${describe(body)} into Go value of type ${into}`);
  return unrecognizedBody(kindOf(node), problem, Buffer.from(JSON.stringify(body) ?? ''));
}

const kindOf = ({ name }: StructNode): string => name.slice(name.lastIndexOf('.') + 1);

function refuse(node: StructNode, body: Record<string, unknown>, ...problem: [string, causes?: readonly object[]]) {
  const kind = kindOf(node);
  const apiVersion = getKey(body, 'apiVersion');
  const { version } = parseApiVersion(typeof apiVersion === 'string' ? apiVersion : node.goType.replace(/\..*/, ''));
  const said = getKey(body, 'kind');
  return cannotBeHandled({ version, kind: typeof said === 'string' && said !== '' ? said : kind }, kind, ...problem);
}
