import type { UserInfo } from '../contract.ts';
import { authenticatedGroup, withGroup } from '../users.ts';
import type { JwtAuthenticator } from './config.ts';
import { type Claims, claimsExpression, claimsRule, userRule } from './expressions.ts';

/** Whom the claims of a token speak for; throws Error that says why they speak for nobody. */
export type MapClaims = (claims: Claims) => UserInfo;

type Mapping = (claims: Claims) => unknown;

/** Makes the mapping of one issuer; throws SettingsError for expressions that are none. */
export function claimMapping({
  claimMappings,
  claimValidationRules,
  userValidationRules,
}: JwtAuthenticator): MapClaims {
  const username = usernameMapping(claimMappings.username);
  const groups = groupsMapping(claimMappings.groups);
  const uid = claimMappings.uid && mappingOf(claimMappings.uid);
  const extra = claimMappings.extra.map(
    ({ key, valueExpression }) => [key, claimsExpression(valueExpression)] as const,
  );
  const claimRules = claimValidationRules.map(claimCheck);
  const userRules = userValidationRules.map(({ expression, message }) => {
    const evaluate = userRule(expression);
    return (user: UserInfo) => requireTrue(evaluate(user), expression, message);
  });
  return (claims) => {
    const name = requireText(username(claims), 'username');
    if (name === '') throw new Error('username is empty');
    for (const check of claimRules) check(claims);
    const more = new Map(extra.map(([key, value]) => [key, textsOf(value(claims), key)] as const));
    for (const [key, values] of more) if (values.length === 0) more.delete(key);
    const user: UserInfo = {
      username: name,
      ...(uid === undefined ? {} : { uid: requireText(uid(claims), 'uid') }),
      groups: withGroup(groups(claims), authenticatedGroup),
      ...(more.size === 0 ? {} : { extra: more }),
    };
    for (const check of userRules) check(user);
    return user;
  };
}

interface Source {
  claim?: string | undefined;
  expression?: string | undefined;
}

function mappingOf({ claim, expression }: Source): Mapping {
  if (claim !== undefined) return (claims) => own(claims, claim);
  return claimsExpression(expression ?? '');
}

const own = (claims: Claims, name: string): unknown => (Object.hasOwn(claims, name) ? claims[name] : undefined);

function usernameMapping(source: JwtAuthenticator['claimMappings']['username']): Mapping {
  const value = mappingOf(source);
  if (source.claim === undefined) return value;
  return (claims) => {
    const verified = own(claims, 'email_verified');
    if (source.claim === 'email' && verified !== undefined && verified !== true) {
      throw new Error('email not verified');
    }
    return `${source.prefix ?? ''}${requireText(value(claims), source.claim ?? '')}`;
  };
}

function groupsMapping(source: JwtAuthenticator['claimMappings']['groups']): (claims: Claims) => string[] {
  if (source === undefined) return () => [];
  const value = mappingOf(source);
  return (claims) => textsOf(value(claims), 'groups').map((group) => `${source.prefix ?? ''}${group}`);
}

function claimCheck(rule: JwtAuthenticator['claimValidationRules'][number]): (claims: Claims) => void {
  const { claim, requiredValue = '', expression, message } = rule;
  if (claim !== undefined) {
    return (claims) => {
      if (own(claims, claim) !== requiredValue) throw new Error(`claim ${claim} does not have the required value`);
    };
  }
  const evaluate = claimsRule(expression ?? '');
  return (claims) => requireTrue(evaluate(claims), expression ?? '', message);
}

function requireTrue(value: unknown, expression: string, message: string | undefined): void {
  if (value !== true) throw new Error(`validation expression '${expression}' failed${message ? `: ${message}` : ''}`);
}

function requireText(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new Error(`${what} is not a string`);
  return value;
}

/** A text or a list of texts, as claims come in either form; empty ones count for nothing. */
function textsOf(value: unknown, what: string): string[] {
  if (value === undefined || value === null || value === '') return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map((one) => requireText(one, what)).filter((text) => text !== '');
}
