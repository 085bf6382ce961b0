import {
  type CelEnv,
  CelError,
  type CelType,
  compile,
  listOf,
  mapOf,
  objectOf,
  type Program,
  toJson,
  types,
} from '@kubus/shared/cel';
import { SettingsError } from '@kubus/shared/settings';
import type { UserInfo } from '../contract.ts';

const { string, dyn, bool } = types;

const claims = new Map<string, CelType>([['claims', mapOf(string, dyn)]]);
const user = new Map<string, CelType>([
  [
    'user',
    objectOf('kubernetes.UserInfo', {
      username: string,
      uid: string,
      groups: listOf(string),
      extra: mapOf(string, listOf(string)),
    }),
  ],
]);

export type Claims = Readonly<Record<string, unknown>>;

/** What an expression comes to, as JSON; throws Error when it comes to nothing. */
export type Evaluate<T> = (input: T) => unknown;

export const claimsExpression = (source: string): Evaluate<Claims> =>
  evaluator(source, { variables: claims }, (input) => input);

export const claimsRule = (source: string): Evaluate<Claims> =>
  evaluator(source, { variables: claims, result: [bool] }, (input) => input);

export const userRule = (source: string): Evaluate<UserInfo> =>
  evaluator(source, { variables: user, result: [bool] }, ({ username, uid = '', groups, extra = new Map() }) => ({
    username,
    uid,
    groups,
    extra: Object.fromEntries(extra),
  }));

function evaluator<T>(source: string, env: CelEnv, json: (input: T) => unknown): Evaluate<T> {
  const program = programOf(source, env);
  return (input) => {
    try {
      return toJson(program.evaluate(() => ({ json: json(input) })));
    } catch (error) {
      if (error instanceof CelError) throw new Error(`expression '${source}' resulted in error: ${error.message}`);
      throw error;
    }
  };
}

function programOf(source: string, env: CelEnv): Program {
  const compiled = compile(source, env);
  if ('program' in compiled) return compiled.program;
  throw new SettingsError([`AuthenticationConfiguration: expression ${JSON.stringify(source)}: ${compiled.error}`]);
}
