import { StatusError } from '../../errors/index.ts';
import { parseApiVersion } from '../../object/index.ts';
import type { JsonObject } from '../data.ts';
import type { StructNode } from '../node.ts';
import { builtinSchema, type SchemaSet } from '../schema-set.ts';
import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';
import { badProtobuf, Reader } from './reader.ts';
import { BYTES } from './wire.ts';
import { Writer } from './writer.ts';

/** The media type of these bodies. */
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** Every body begins with it (apimachinery/pkg/runtime/serializer/protobuf). */
const magic = Buffer.from('k8s\0', 'latin1');

/**
 * A protobuf body as the JSON that its sender would have sent: exactly what `kubectl create --dry-run=client -o json` prints. Throws BadRequest
 * for bytes that are no such body, and for kinds that are not in the schema.
 */
export function decodeProtobuf(bytes: Uint8Array, schema: SchemaSet = builtinSchema): JsonObject {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!buffer.subarray(0, magic.length).equals(magic)) throw badProtobuf("it does not begin with 'k8s\\0'");
  const { apiVersion, kind, raw } = readUnknown(new Reader(buffer, magic.length));
  const node = nodeFor(apiVersion, kind, schema);
  const { apiVersion: _, kind: __, ...fields } = decodeMessage(new Reader(raw), node);
  return { kind, apiVersion, ...fields };
}

function nodeFor(apiVersion: string, kind: string, schema: SchemaSet): StructNode {
  const node = schema.document({ ...parseApiVersion(apiVersion), kind });
  if (node !== undefined) return node;
  throw new StatusError(
    'BadRequest',
    `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`,
  );
}

interface UnknownMessage {
  apiVersion: string;
  kind: string;
  raw: Buffer;
}

/** runtime.Unknown: typeMeta 1, raw 2, contentEncoding 3, contentType 4. */
function readUnknown(reader: Reader): UnknownMessage {
  const message: UnknownMessage = { apiVersion: '', kind: '', raw: Buffer.alloc(0) };
  while (!reader.done) {
    const tag = reader.tag();
    const number = tag >>> 3;
    if ((tag & 7) !== BYTES) reader.skip(tag & 7);
    else if (number === 1) Object.assign(message, readTypeMeta(reader.message()));
    else if (number === 2) message.raw = reader.bytes();
    else if (number === 3 && reader.string() !== '') throw badProtobuf('an encoded object inside');
    else if (number > 3) reader.skip(BYTES);
  }
  return message;
}

function readTypeMeta(reader: Reader): { apiVersion: string; kind: string } {
  const typeMeta = { apiVersion: '', kind: '' };
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === 8 + BYTES) typeMeta.apiVersion = reader.string();
    else if (tag === 16 + BYTES) typeMeta.kind = reader.string();
    else reader.skip(tag & 7);
  }
  return typeMeta;
}

/** The other direction, for objects in the form that `decodeObject` gives. */
export function encodeProtobuf(object: JsonObject, schema: SchemaSet = builtinSchema): Buffer {
  const { apiVersion, kind } = object;
  const node = nodeFor(String(apiVersion), String(kind), schema);
  const typeMeta = new Writer();
  typeMeta.string(1, String(apiVersion));
  typeMeta.string(2, String(kind));
  const unknown = new Writer();
  unknown.bytes(1, typeMeta.finish());
  unknown.bytes(2, encodeMessage(object, node));
  unknown.string(3, '');
  unknown.string(4, '');
  return Buffer.concat([magic, unknown.finish()]);
}

/** Whether documents of this kind have a protobuf form: those of Kubernetes' own API; definitions of custom resources have none. */
export function hasProtobuf(document: unknown, schema: SchemaSet = builtinSchema): boolean {
  const { apiVersion, kind } = (document ?? {}) as { apiVersion?: unknown; kind?: unknown };
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return false;
  return schema.hasWireForm({ ...parseApiVersion(apiVersion), kind });
}

/**
 * A frame of a watch (apimachinery/pkg/util/framer): four bytes of length, then a metav1.WatchEvent without an envelope, whose object has one.
 */
export function encodeProtobufWatchEvent(type: string, object: JsonObject, schema: SchemaSet = builtinSchema): Buffer {
  const extension = new Writer();
  extension.bytes(1, encodeProtobuf(object, schema));
  const event = new Writer();
  event.string(1, type);
  event.bytes(2, extension.finish());
  const body = event.finish();
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}
