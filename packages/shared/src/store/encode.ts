import type { KubeObject } from '../object/index.ts';
import type { Charge, Footprint } from './contract.ts';

/** An object's JSON on both sides of its resourceVersion, which only the commit script knows. */
export interface ObjectText {
  head: string;
  tail: string;
  /** The object as it will be stored, but for its revision: a copy of the first two levels, its fields in the order of the text. */
  object: KubeObject;
}

/** The object's JSON before and after the value of its resourceVersion, which the commit puts between, and the object in the order of that text. */
export function splitAtRevision(object: KubeObject): ObjectText {
  const stored = withRevision(object, '');
  const { kind, apiVersion } = stored;
  const head = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":{"resourceVersion":"`;
  const text = JSON.stringify(stored);
  const tail = text.startsWith(head) ? text.slice(head.length) : tailOf(stored);
  return { head, tail, object: stored };
}

/** Of an object with numbers for names, which JavaScript puts before all others. */
function tailOf({ kind: _, apiVersion: __, metadata, ...rest }: KubeObject): string {
  const { resourceVersion: ___, ...meta } = metadata;
  return `"${continued(JSON.stringify(meta))}${continued(JSON.stringify(rest))}`;
}

/** '{"a":1}' as the rest of an object that has begun: ',"a":1}'. */
function continued(json: string): string {
  return json === '{}' ? '}' : `,${json.slice(1)}`;
}

/** The object as it was stored, its fields in the order of that text: every replica gives it out in the same words. */
export function withRevision(object: KubeObject, resourceVersion: string): KubeObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _, ...meta } = metadata;
  return { kind, apiVersion, metadata: { resourceVersion, ...meta }, ...rest };
}

type Amounts = [account: string, amounts: [name: string, amount: number][]][];

/**
 * Charges and limits as one canonical text, so that an update that changes none costs nothing. Pairs, never property names: names of resources are data.
 */
export function encodeAccounts({ charges = [], limits = [] }: Footprint): string {
  if (charges.length + limits.length === 0) return '';
  const charged = sumByAccount(charges.map((c) => [c.account, c.amounts]));
  return JSON.stringify([charged, sumByAccount(limits.map((l) => [l.account, l.limits]))]);
}

/** The charges that the account must have room for; '' when there are none. */
export function encodeEnforced(charges: readonly Charge[] = []): string {
  const enforced = charges.filter((charge) => charge.enforce);
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
