import type { FieldError } from '@kubus/shared/errors';
import { field } from '@kubus/shared/registry';

export type Level = 'privileged' | 'baseline' | 'restricted';
type Mode = 'enforce' | 'audit' | 'warn';

/** A level as it was in a minor version of Kubernetes; Infinity is the latest. */
export interface Standard {
  level: Level;
  minor: number;
}

export type Policy = Readonly<Record<Mode, Standard>>;

const prefix = 'pod-security.kubernetes.io/';
export const levels: readonly string[] = ['privileged', 'baseline', 'restricted'];
const modes: readonly Mode[] = ['enforce', 'audit', 'warn'];

export const unrestricted: Standard = { level: 'privileged', minor: Number.POSITIVE_INFINITY };

/**
 * What a namespace's labels ask for, and the defaults where they do not (pod-security-admission/api PolicyToEvaluate). What cannot be read enforces the
 * most, and neither warns nor is written down. Who enforces more than he warns of, and says nothing of warnings, is warned of that too.
 */
export function policyOf(labels: Readonly<Record<string, string>> | undefined, defaults: Policy): Policy {
  const given = new Map(Object.entries(labels ?? {}));
  const standard = (mode: Mode): Standard => {
    const level = given.get(prefix + mode) ?? defaults[mode].level;
    const version = given.get(`${prefix}${mode}-version`);
    const unknown = mode === 'enforce' ? 'restricted' : 'privileged';
    return {
      level: isLevel(level) ? level : unknown,
      minor: version === undefined ? defaults[mode].minor : (minorOf(version) ?? Number.POSITIVE_INFINITY),
    };
  };
  const [enforce, warn] = [standard('enforce'), standard('warn')];
  const silent = !given.has(`${prefix}warn`) && isLevel(given.get(`${prefix}enforce`));
  if (silent && rank(enforce) > rank(warn)) {
    warn.level = enforce.level;
    if (!given.has(`${prefix}warn-version`)) warn.minor = enforce.minor;
  }
  return { enforce, audit: standard('audit'), warn };
}

const isLevel = (text: string | undefined): text is Level => levels.includes(text ?? '');
const rank = ({ level }: Standard): number => levels.indexOf(level);

/** Undefined for what is no version. */
export function minorOf(version: string): number | undefined {
  if (version === 'latest') return Number.POSITIVE_INFINITY;
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
  if (rank(next) !== rank(former)) return rank(next) > rank(former);
  return next.level !== 'privileged' && next.minor !== former.minor;
}
