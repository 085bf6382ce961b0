import type { KubeObject, ObjectKey } from '../object/index.ts';
import type { SharedSpecs } from '../object/shared-specs.ts';
import type { KeyRing } from '../store/encryption.ts';
import type { Change } from './contract.ts';

interface ChangePayload {
  type: Change['type'];
  revision: number;
  previousRevision: number;
  commit: string;
  /** Absent when the change is larger than the bus carries: readers must list. */
  object?: KubeObject;
}

const decoder = new TextDecoder();

/** How changes are read. */
export interface Reading {
  /** Opens sealed objects; without it they are given out as they are. */
  keyRing?: KeyRing | undefined;
  /** Leaves out managedFields of what nobody has applied, and has objects share their specs. */
  specs?: SharedSpecs | undefined;
}

/** Undefined when the message does not carry the object. */
export function parseChange(key: ObjectKey, data: Uint8Array, { keyRing, specs }: Reading): Change | undefined {
  const payload = (specs === undefined ? JSON.parse(decoder.decode(data)) : specs.parse(data)) as ChangePayload;
  const { type, revision, previousRevision, object } = payload;
  if (object === undefined) return undefined;
  return { type, key, revision, previousRevision, object: keyRing?.open(key, object) ?? object };
}

/** What comes before the object is shorter than this, many times over. */
const headBytes = 256;
const objectFollows = ',"object":';

/** What comes before the object, which makes a message what it is: '{"type":...,"commit":"..."'; undefined for one without an object. */
export function headOf(data: Uint8Array): string | undefined {
  const text = Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, headBytes)).toString('latin1');
  const end = text.indexOf(objectFollows);
  return end < 0 ? undefined : text.slice(0, end);
}

/** What a head says. */
export function parseHead(head: string): Omit<ChangePayload, 'object'> {
  return JSON.parse(`${head}}`) as Omit<ChangePayload, 'object'>;
}

/** The object's own bytes, in a message that has this head. */
export function objectTextOf(data: Uint8Array, head: string): Uint8Array {
  return data.subarray(head.length + objectFollows.length, -1);
}

/** Names the commit of a published change; two histories of revisions never hold the same one. */
export function commitOf(payload: Uint8Array): string {
  return (JSON.parse(decoder.decode(payload)) as ChangePayload).commit;
}

/** A change as JSON around the object's own text, which is not read. */
export function formatChange(change: Omit<ChangePayload, 'object'>, object: Uint8Array | string): Uint8Array {
  if (typeof object === 'string') return Buffer.from(`${openJson(change)},"object":${object}}`);
  return Buffer.concat([Buffer.from(`${openJson(change)},"object":`), object, CLOSE]);
}

/** What is published in place of a change that is larger than the bus carries. */
export function formatChangeWithoutObject(change: Omit<ChangePayload, 'object'>): Uint8Array {
  return Buffer.from(`${openJson(change)}}`);
}

const CLOSE = Buffer.from('}');

function openJson({ type, revision, previousRevision, commit }: Omit<ChangePayload, 'object'>): string {
  return JSON.stringify({ type, revision, previousRevision, commit }).slice(0, -1);
}
