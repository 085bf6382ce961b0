import { type ObjectText, type Span, scanObject } from './object-text.ts';

const applied = '"operation":"Apply"';

/**
 * The text of `{..., "object": ...}`, a change or the event of a watch, without the object's `metadata.managedFields`: they are a third of a pod and of no use to most readers
 * (Kubernetes' own controllers drop them from their informers, too), and cut out before the JSON is read they are neither made nor collected. Those of an object
 * that somebody has applied stay, for who looks for what he has applied.
 */
export function textWithoutManagedFields(data: Uint8Array): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const cut = unappliedFields(bytes, scanObject(bytes));
  return cut === undefined
    ? bytes.toString('utf8')
    : bytes.toString('utf8', 0, cut.from) + bytes.toString('utf8', cut.to);
}

/** managedFields that nobody misses. */
export function unappliedFields(bytes: Buffer, text: ObjectText | undefined): Span | undefined {
  const fields = text?.managedFields;
  return fields === undefined || bytes.subarray(fields.from, fields.to).includes(applied) ? undefined : fields;
}
