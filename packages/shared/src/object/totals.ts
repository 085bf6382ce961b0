import { addQuantities, compareQuantities, subtractQuantities } from './quantity.ts';

/** Quantities as they were written, by resource name, also by those of quotas: 'pods', 'requests.cpu', 'count/jobs.batch'. */
export type Totals = Map<string, string>;

export type ResourceList = Readonly<Record<string, string | number>>;

/** The quantities of a list of the API; none without one. */
export function totalsOf(list: ResourceList | undefined): Totals {
  return new Map(Object.entries(list ?? {}).map(([name, quantity]) => [name, String(quantity)]));
}

/** The other way round, sorted by name. */
export function toList(totals: Totals): Record<string, string> {
  return Object.fromEntries([...totals].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Adds to the first. */
export function addTotals(target: Totals, more: Totals): void {
  for (const [name, quantity] of more) addTo(target, name, quantity);
}

/** Adds a quantity of one resource to the first. */
export function addTo(target: Totals, name: string, quantity: string): void {
  const before = target.get(name);
  target.set(name, before === undefined ? quantity : addQuantities(before, quantity));
}

/** What of `after` is more than in `before`. */
export function growth(after: Totals, before: Totals): Totals {
  const grown: Totals = new Map();
  for (const [name, quantity] of after) {
    const more = subtractQuantities(quantity, before.get(name) ?? '0');
    if (compareQuantities(more, '0') > 0) grown.set(name, more);
  }
  return grown;
}

/** Of these names only. */
export function mask(totals: Totals, names: Iterable<string>): Totals {
  const wanted = new Set(names);
  return new Map([...totals].filter(([name]) => wanted.has(name)));
}

/** Names of which there is more than `limits` allow; what they do not name is not limited. */
export function exceeding(totals: Totals, limits: Totals): string[] {
  return [...totals]
    .filter(([name, quantity]) => {
      const limit = limits.get(name);
      return limit !== undefined && compareQuantities(quantity, limit) > 0;
    })
    .map(([name]) => name)
    .sort();
}
