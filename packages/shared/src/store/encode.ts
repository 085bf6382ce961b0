import type { KubeObject } from '../object/index.ts';
import type { Charge, Footprint, IndexEntry } from './contract.ts';

/** An object's JSON on both sides of its resourceVersion, which only the commit script knows. */
export interface ObjectText {
  head: string;
  tail: string;
}

export function splitAtRevision(object: KubeObject): ObjectText {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _, ...meta } = metadata;
  return {
    head: `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":{"resourceVersion":"`,
    tail: `"${continued(JSON.stringify(meta))}${continued(JSON.stringify(rest))}`,
  };
}

/** '{"a":1}' as the rest of an object that has begun: ',"a":1}'. */
function continued(json: string): string {
  return json === '{}' ? '}' : `,${json.slice(1)}`;
}

/** The object as it was stored, its fields in the order of that text: every replica gives it out in the same words. */
export function withRevision(object: KubeObject, revision: number): KubeObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _, ...meta } = metadata;
  return { kind, apiVersion, metadata: { resourceVersion: String(revision), ...meta }, ...rest };
}

type Amounts = [account: string, amounts: [name: string, amount: number][]][];

/**
 * Index entries as lines, '<index>:<value>', in one order: equal entries are equal texts, so that an update that changes none costs nothing.
 */
export function encodeIndexes(indexes: readonly IndexEntry[] | undefined): string {
  if (indexes === undefined || indexes.length === 0) return '';
  const lines = indexes.map((entry) => indexLine(entry.index, entry.value));
  return lines.length === 1 ? (lines[0] as string) : [...new Set(lines)].sort().join('\n');
}

/** One entry, as it also ends the key of its set. Throws TypeError for a name that is none. */
export function indexLine(index: string, value: string): string {
  if (!/^[\w./-]+$/.test(index)) throw new TypeError(`not a name of an index: ${index}`);
  return `${index}:${value.replaceAll('%', '%25').replaceAll('\n', '%0A')}`;
}

/**
 * Charges and limits as one canonical text, for the same reason. Pairs, never property names: names of resources are data.
 */
export function encodeAccounts(footprint: Footprint): string {
  const charges = sumByAccount((footprint.charges ?? []).map((c) => [c.account, c.amounts]));
  const limits = sumByAccount((footprint.limits ?? []).map((l) => [l.account, l.limits]));
  return charges.length + limits.length === 0 ? '' : JSON.stringify([charges, limits]);
}

/** The charges that the account must have room for; '' when there are none. */
export function encodeEnforced(charges: readonly Charge[] | undefined): string {
  const enforced = (charges ?? []).filter((charge) => charge.enforce);
  return enforced.length === 0 ? '' : JSON.stringify(sumByAccount(enforced.map((c) => [c.account, c.amounts])));
}

function sumByAccount(entries: readonly [account: string, amounts: Record<string, number>][]): Amounts {
  const accounts = new Map<string, Map<string, number>>();
  for (const [account, amounts] of entries) {
    const sums = accounts.get(checkToken(account)) ?? new Map<string, number>();
    accounts.set(account, sums);
    for (const [name, amount] of Object.entries(amounts)) {
      sums.set(checkToken(name), checkAmount(name, (sums.get(name) ?? 0) + amount));
    }
  }
  return [...accounts].sort(byName).map(([account, sums]) => [account, [...sums].sort(byName)]);
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

function checkAmount(name: string, amount: number): number {
  if (!Number.isSafeInteger(amount) || amount < 0)
    throw new TypeError(`amount of ${name} is not a whole number below 2^53: ${amount}`);
  return amount;
}

function checkToken(name: string): string {
  if (name === '' || name.includes('\0') || !name.isWellFormed())
    throw new TypeError(`not a name of the ledger: ${name}`);
  return name;
}
