import { type ZodType, z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of a service cannot be used; the message names every problem, one per line, and no value (values may be secrets). */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`settings that cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Reads settings from environment variables; an empty variable counts as absent. Throws SettingsError with all problems at once. */
export function parseSettings<T>(schema: ZodType<T>, environment: Environment): T {
  const present = new Map(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(Object.fromEntries(present));
  if (result.success) return result.data;
  throw new SettingsError(
    result.error.issues.map(
      (issue) => `${issue.path.length === 0 ? 'settings' : issue.path.join('.')}: ${issue.message}`,
    ),
  );
}

const units = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** A duration as Kubernetes' flags take it ('40s', '1m30s', '300ms', '1h'), in milliseconds. */
export const duration = z.string().transform((text, context) => {
  let total = 0;
  let rest = text;
  while (rest !== '') {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)/.exec(rest);
    if (match === null) {
      context.addIssue({ code: 'custom', message: 'expected a duration such as 40s, 1m30s or 300ms' });
      return z.NEVER;
    }
    total += Number(match[1]) * (units.get(match[2] ?? '') ?? 0);
    rest = rest.slice(match[0].length);
  }
  return total;
});

/** A whole number within bounds. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `expected a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected a whole number from ${min} to ${max}`);

/** 'true' or 'false'. */
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Some of the names, comma-separated; '' for none. */
export const namesOf = <const T extends string>(names: readonly T[]) =>
  z.string().transform((text, context): T[] => {
    const given = text.split(',').flatMap((name) => name.trim() || []);
    const known = given.filter((name): name is T => (names as readonly string[]).includes(name));
    if (known.length === given.length) return known;
    context.addIssue({ code: 'custom', message: `expected some of ${names.join(', ')}` });
    return z.NEVER;
  });

/** 'host:port', IPv6 hosts in brackets. */
export const hostAndPort = z.string().transform((text, context) => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    context.addIssue({ code: 'custom', message: 'expected host:port' });
    return z.NEVER;
  }
  return { host: match[1] ?? match[2] ?? '', port };
});
