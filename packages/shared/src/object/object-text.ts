const needle = ',"managedFields":[';
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [BRACE, END_BRACE, BRACKET, END_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Where something begins, and where it has ended. */
export interface Span {
  from: number;
  to: number;
}

/** What can be told of the text of `{..., "object": ...}`, as the store writes objects (`splitAtRevision`), without reading its JSON. */
export interface ObjectText {
  /** Behind the object's metadata. */
  metadataEnd: number;
  /** The object's managedFields, with their name and the comma before it. */
  managedFields?: Span;
}

/** Undefined for a text in which no metadata comes first of what is not plain text. */
export function scanObject(bytes: Buffer): ObjectText | undefined {
  const place = bytes.indexOf(needle);
  let managedFields: Span | undefined;
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      i = endOfText(bytes, i);
    } else if (byte === BRACE || byte === BRACKET) {
      depth++;
    } else if (byte === END_BRACE || byte === END_BRACKET) {
      // Metadata is two levels below the whole.
      if (depth === 3) return { metadataEnd: i + 1, ...(managedFields === undefined ? {} : { managedFields }) };
      depth--;
    } else if (i === place && depth === 3) {
      managedFields = { from: place, to: endOfValue(bytes, place + needle.length - 1) };
      i = managedFields.to - 1;
    }
  }
  return undefined;
}

/** Behind the list or object that begins at `at`. */
export function endOfValue(bytes: Uint8Array, at: number): number {
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
