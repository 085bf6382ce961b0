import { RecentMap } from '../events/recent-map.ts';
import { endOfValue, scanObject } from './object-text.ts';
import { textWithoutManagedFields, unappliedFields } from './without-managed-fields.ts';

type Spec = Readonly<Record<string, unknown>>;

const specFollows = ',"spec":{';
const statusFollows = ',"status":{';
const nodeNameFollows = ',"nodeName":"';
/** Longer ones are read each time; bytes. */
const longest = 16_384;

/**
 * Reads objects without managedFields, as `textWithoutManagedFields`; and such whose specs have the same text share one: most changes are of the status, and most pods differ
 * from others in nothing but their node. What is shared is neither read nor made again.
 */
export class SharedSpecs {
  /** By their texts without the node and the last brace: whatever equals one of these is balanced, too. */
  readonly #specs: RecentMap<Spec>;

  constructor(capacity = 256) {
    this.#specs = new RecentMap(capacity);
  }

  /** The value of `{..., "object": ...}`. The object must not be changed. */
  parse(data: Uint8Array): unknown {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const text = scanObject(bytes);
    const from = (text?.metadataEnd ?? 0) + specFollows.length - 1;
    if (text === undefined || bytes.toString('latin1', text.metadataEnd, from + 1) !== specFollows)
      return JSON.parse(textWithoutManagedFields(data));
    const { spec, to } = this.#known(bytes, from) ?? this.#read(bytes, from);
    const cut = unappliedFields(bytes, text) ?? { from: 0, to: 0 };
    const [before, between] = [bytes.toString('utf8', 0, cut.from), bytes.toString('utf8', cut.to, from)];
    const value = JSON.parse(`${before}${between}null${bytes.toString('utf8', to)}`) as { object: { spec: unknown } };
    value.object.spec = spec;
    return value;
  }

  /** Undefined unless what precedes the first status, or else the end, is a spec that was read before. */
  #known(bytes: Buffer, from: number): { spec: Spec; to: number } | undefined {
    const status = bytes.indexOf(statusFollows, from);
    const to = status < 0 ? bytes.length - 2 : status;
    if (to - from > longest) return undefined;
    const { key, nodeName } = splitNode(bytes.toString('latin1', from, to));
    const known = this.#specs.get(key);
    return known === undefined ? undefined : { spec: withNode(known, nodeName), to };
  }

  #read(bytes: Buffer, from: number): { spec: Spec; to: number } {
    const to = endOfValue(bytes, from);
    const spec = JSON.parse(bytes.toString('utf8', from, to)) as Spec;
    if (to - from > longest) return { spec, to };
    const { key, nodeName } = splitNode(bytes.toString('latin1', from, to));
    const { nodeName: _, ...rest } = spec;
    this.#specs.set(key, nodeName === undefined ? spec : rest);
    return { spec, to };
  }
}

/** '{"a":1,"nodeName":"x"}' as '{"a":1' and 'x'; a name that is anywhere else but at the end stays where it is. */
function splitNode(text: string): { key: string; nodeName: string | undefined } {
  const at = text.lastIndexOf(nodeNameFollows);
  const nodeName = at < 0 ? undefined : text.slice(at + nodeNameFollows.length, -2);
  if (nodeName === undefined || !text.endsWith('"}') || !plain.test(nodeName))
    return { key: text.slice(0, -1), nodeName: undefined };
  return { key: text.slice(0, at), nodeName };
}

const plain = /^[a-z0-9.-]+$/;

const withNode = (spec: Spec, nodeName: string | undefined): Spec =>
  nodeName === undefined ? spec : { ...spec, nodeName };
