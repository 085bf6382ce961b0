import type { KubeObject } from '../object/index.ts';
import type { Charge, Footprint } from './contract.ts';

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

export function withRevision(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

type Amounts = [account: string, amounts: [name: string, amount: number][]][];

/**
 * Indexes, charges and limits as one canonical text: equal footprints are equal texts, so that an update that changes none of them costs nothing.
 * Pairs, never property names: labels and resource names are data.
 */
export function encodeFootprint(footprint: Footprint): string {
  const indexes = (footprint.indexes ?? []).map((entry): [string, string] => [
    checkIndexName(entry.index),
    entry.value.toWellFormed(),
  ]);
  const charges = sumByAccount((footprint.charges ?? []).map((c) => [c.account, c.amounts]));
  const limits = sumByAccount((footprint.limits ?? []).map((l) => [l.account, l.limits]));
  if (indexes.length + charges.length + limits.length === 0) return '';
  return JSON.stringify([unique(indexes), charges, limits]);
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

function unique(indexes: [string, string][]): [string, string][] {
  if (indexes.length < 2) return indexes;
  const sorted = indexes.toSorted((a, b) => byName(a, b) || byName([a[1], 0], [b[1], 0]));
  return sorted.filter((entry, i) => entry[0] !== sorted[i - 1]?.[0] || entry[1] !== sorted[i - 1]?.[1]);
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

function checkIndexName(name: string): string {
  if (name === '' || name.includes(':')) throw new TypeError(`not a name of an index: ${name}`);
  return name;
}
