const decoder = new TextDecoder();
const needle = ',"managedFields":[';
const applied = '"operation":"Apply"';
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [BRACE, END_BRACE, BRACKET, END_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * The text of `{..., "object": ...}`, a change or the event of a watch, without the object's `metadata.managedFields`: they are a third of a pod and of no use to most readers
 * (Kubernetes' own controllers drop them from their informers, too), and cut out before the JSON is read they are neither made nor collected. Those of an object
 * that somebody has applied stay, for who looks for what he has applied.
 */
export function textWithoutManagedFields(data: Uint8Array): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const from = bytes.indexOf(needle);
  if (from < 0 || !isInMetadata(bytes, from)) return decoder.decode(data);
  const to = endOfList(bytes, from + needle.length - 1);
  const entries = bytes.subarray(from, to);
  if (entries.includes(applied)) return decoder.decode(data);
  return decoder.decode(data.subarray(0, from)) + decoder.decode(data.subarray(to));
}

/**
 * Whether a place is directly in `metadata` of the object, where that comes first of what is not plain text, as the store writes it (`splitAtRevision`): two
 * levels below the whole, and no level of that depth has ended before. Where it comes later nothing is cut.
 */
function isInMetadata(bytes: Uint8Array, place: number): boolean {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < place; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = endOfText(bytes, i);
    else if (byte === BRACE || byte === BRACKET) deepest = Math.max(deepest, ++depth);
    else if (byte === END_BRACE || byte === END_BRACKET) depth--;
    if (deepest >= 3 && depth < 3) return false;
  }
  return depth === 3;
}

/** Behind the list that begins at `at`. */
function endOfList(bytes: Uint8Array, at: number): number {
  let depth = 0;
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = endOfText(bytes, i);
    else if (byte === BRACE || byte === BRACKET) depth++;
    else if (byte === END_BRACE || byte === END_BRACKET) depth--;
    if (depth === 0) return i + 1;
  }
  return bytes.length;
}

/** The quotation mark that ends the text which begins at `at`. */
function endOfText(bytes: Uint8Array, at: number): number {
  let i = at + 1;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}
