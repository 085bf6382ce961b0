import type { FieldError } from '@kubus/shared/errors';
import { field } from '@kubus/shared/registry';

export type Level = 'privileged' | 'baseline' | 'restricted';
export type Mode = 'enforce' | 'audit' | 'warn';

/** A level as it was in a minor version of Kubernetes; Infinity is the latest. */
export interface Standard {
  level: Level;
  minor: number;
}

export type Policy = Readonly<Record<Mode, Standard>>;

const prefix = 'pod-security.kubernetes.io/';
const levels: readonly string[] = ['privileged', 'baseline', 'restricted'];
const modes: readonly Mode[] = ['enforce', 'audit', 'warn'];

const unrestricted: Standard = { level: 'privileged', minor: Number.POSITIVE_INFINITY };

/** What a namespace's labels ask for (pod-security-admission/api PolicyToEvaluate); what cannot be read asks for the most. */
export function policyOf(labels: Readonly<Record<string, string>> | undefined): Policy {
  const given = new Map(Object.entries(labels ?? {}));
  const standard = (mode: Mode): Standard => {
    const level = given.get(prefix + mode);
    const version = given.get(`${prefix}${mode}-version`);
    if (level === undefined && version === undefined) return unrestricted;
    const known = level === undefined ? 'privileged' : levels.includes(level) ? (level as Level) : 'restricted';
    return { level: known, minor: minorOf(version) ?? Number.POSITIVE_INFINITY };
  };
  return { enforce: standard('enforce'), audit: standard('audit'), warn: standard('warn') };
}

/** Undefined for what is no version. */
function minorOf(version: string | undefined): number | undefined {
  if (version === undefined || version === 'latest') return Number.POSITIVE_INFINITY;
  const match = /^v1\.(\d{1,4})$/.exec(version);
  return match === null ? undefined : Number(match[1]);
}

export function labelErrors(labels: Readonly<Record<string, string>> | undefined): FieldError[] {
  const given = new Map(Object.entries(labels ?? {}));
  return modes.flatMap((mode) => {
    const errors: FieldError[] = [];
    const level = given.get(prefix + mode);
    if (level !== undefined && !levels.includes(level)) {
      const where = field.key('metadata.labels', prefix + mode);
      errors.push(field.invalid(where, level, `must be one of ${levels.join(', ')}`));
    }
    const version = given.get(`${prefix}${mode}-version`);
    if (version !== undefined && minorOf(version) === undefined) {
      const where = field.key('metadata.labels', `${prefix}${mode}-version`);
      errors.push(field.invalid(where, version, 'must be "latest" or "v1.x"'));
    }
    return errors;
  });
}

/** As messages name it: 'restricted:latest'. */
export function formatStandard({ level, minor }: Standard): string {
  return `${level}:${minor === Number.POSITIVE_INFINITY ? 'latest' : `v1.${minor}`}`;
}

/** Whether the first allows less than the second, or may: levels apart, or another version of one. */
export function mayForbidMore(next: Standard, former: Standard): boolean {
  const rank = (standard: Standard): number => levels.indexOf(standard.level);
  if (rank(next) !== rank(former)) return rank(next) > rank(former);
  return next.level !== 'privileged' && next.minor !== former.minor;
}
