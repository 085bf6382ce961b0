/**
 * Equality of API data: an absent field, null, an empty list and an empty map are the same, and the order of fields does not matter
 * (Kubernetes: apimachinery/pkg/api/equality, with nil and empty alike).
 */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b || (isNothing(a) && isNothing(b))) return true;
  if (Array.isArray(a) && Array.isArray(b)) return sameItems(a, b);
  return isMap(a) && isMap(b) && sameFields(a, b);
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => semanticEqual(item, b[index]));
}

function sameFields(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => semanticEqual(own(a, name), own(b, name)));
}

/** JSON with sorted fields and without what `semanticEqual` takes for nothing: equal data has equal text. */
export function canonicalJson(value: unknown): string {
  if (isNothing(value)) return 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (!isMap(value)) return JSON.stringify(value);
  const fields = Object.keys(value)
    .filter((name) => !isNothing(own(value, name)))
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(own(value, name))}`);
  return `{${fields.join()}}`;
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isMap(value) && Object.keys(value).every((name) => isNothing(own(value, name)));
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const own = (map: Record<string, unknown>, name: string): unknown => (Object.hasOwn(map, name) ? map[name] : undefined);
