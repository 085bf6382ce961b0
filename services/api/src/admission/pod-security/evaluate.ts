import { baseline } from './baseline.ts';
import type { Check, Subject } from './check.ts';
import type { Standard } from './policy.ts';
import { restricted } from './restricted.ts';

/** Everything in which a pod is not what a standard asks for, in one text; undefined when it is. */
export function violations(pod: Subject, { level, minor }: Standard): string | undefined {
  if (level === 'privileged') return undefined;
  const found = checksFor(level, minor).flatMap((check) => check.find(pod, minor) ?? []);
  if (found.length === 0) return undefined;
  return found.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}

function checksFor(level: 'baseline' | 'restricted', minor: number): Check[] {
  const inForce = ({ since = 0 }: Check): boolean => since <= minor;
  const more = level === 'restricted' ? restricted.filter(inForce) : [];
  const overridden = new Set(more.flatMap(({ overrides = [] }) => overrides));
  return [...baseline.filter((check) => inForce(check) && !overridden.has(check.id)), ...more];
}
