/** A file of variables that is not in the form that Kubernetes asks for. */
export class EnvFileError extends Error {
  override readonly name = 'EnvFileError';
}

/**
 * The value of a key in a file of variables: lines of `KEY='value'`, blank ones, and comments (Kubernetes: "Env file syntax", a part of what shells read). Between its quotes a value is taken as it is,
 * over several lines too. What comes after the key is not looked at. Undefined when the key is not there; throws EnvFileError. Linear in the length of the text.
 */
export function valueInEnvFile(text: string, key: string): string | undefined {
  let at = 0;
  for (let line = 1; at < text.length; line++) {
    const end = endOfLine(text, at);
    const statement = text.slice(at, end).trimStart();
    if (statement.trim() === '' || statement.startsWith('#')) {
      at = end + 1;
      continue;
    }
    const declared = declaration(text, at, end);
    if (declared === undefined) throw new EnvFileError(`invalid environment variable format at line ${line}`);
    if (declared.key === key) return declared.value;
    line += declared.value.split('\n').length - 1;
    at = declared.end + 1;
  }
  return undefined;
}

/** A declaration that begins in the line from `start` to `lineEnd`, and the end of its last line. */
function declaration(
  text: string,
  start: number,
  lineEnd: number,
): { key: string; value: string; end: number } | undefined {
  const equals = text.indexOf('=', start);
  if (equals < 0 || equals >= lineEnd) return undefined;
  const key = text.slice(start, equals).trim();
  const open = text.indexOf("'", equals);
  if (key === '' || open < 0 || text.slice(equals + 1, open).trim() !== '' || open > lineEnd) return undefined;
  const close = text.indexOf("'", open + 1);
  if (close < 0) return undefined;
  const end = endOfLine(text, close);
  // Nothing may follow but a comment, which a shell sees only after a blank.
  if (!/^[ \t\r]*$|^[ \t]+#/.test(text.slice(close + 1, end))) return undefined;
  return { key, value: text.slice(open + 1, close), end };
}

function endOfLine(text: string, from: number): number {
  const found = text.indexOf('\n', from);
  return found < 0 ? text.length : found;
}
