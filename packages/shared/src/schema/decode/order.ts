/** Messages about fields (`unknown field "spec.foo"`), in the order in which the fields stand in a body; what is not found comes first. */
export function inOrder(messages: readonly string[], body: unknown): readonly string[] {
  const placed = messages.map((message) => ({ message, place: placeOf(body, /"(.*)"/.exec(message)?.[1] ?? '') }));
  return placed.sort((a, b) => compare(a.place, b.place)).map(({ message }) => message);
}

/** At which position a path goes on, at each level. Keys may hold dots: the longest one that fits is meant. */
function placeOf(value: unknown, path: string): number[] {
  if (path === '' || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    const [step = '', index = ''] = /^\[(\d+)\]\.?/.exec(path) ?? [];
    return step === '' ? [] : [Number(index), ...placeOf(value[Number(index)], path.slice(step.length))];
  }
  const entries = Object.entries(value);
  const fits = entries.map(([key], i) => ({ key, i })).filter(({ key }) => startsWith(path, key));
  const longest = fits.sort((a, b) => b.key.length - a.key.length)[0];
  if (longest === undefined) return [];
  const rest = path.slice(longest.key.length).replace(/^\./, '');
  return [longest.i, ...placeOf(entries[longest.i]?.[1], rest)];
}

const startsWith = (path: string, key: string): boolean =>
  path.startsWith(key) && /^(?:$|[.[])/.test(path.slice(key.length));

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
