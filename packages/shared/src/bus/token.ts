/**
 * Names as single subject tokens. NATS splits subjects at '.', gives '*' and '>' a meaning and forbids white space, so every byte outside
 * `A-Z a-z 0-9 _ -` is written as `=XX` (upper-case hex of its UTF-8). The empty name is `=`.
 */
export function escapeToken(name: string): string {
  if (name === '') return '=';
  if (/^[A-Za-z0-9_-]+$/.test(name)) return name;
  let token = '';
  for (const byte of new TextEncoder().encode(name)) {
    const char = String.fromCharCode(byte);
    token += /[A-Za-z0-9_-]/.test(char) ? char : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return token;
}

/** The name behind a token; undefined when `escapeToken` did not make it. */
export function unescapeToken(token: string): string | undefined {
  if (/^[A-Za-z0-9_-]+$/.test(token)) return token;
  if (token === '=') return '';
  if (!/^(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+$/.test(token)) return undefined;
  const bytes: number[] = [];
  for (let i = 0; i < token.length; i++) {
    if (token[i] === '=') {
      bytes.push(Number.parseInt(token.slice(i + 1, i + 3), 16));
      i += 2;
    } else {
      bytes.push(token.charCodeAt(i));
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}
