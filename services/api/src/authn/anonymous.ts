/** Says whether one may ask for a path without credentials; undefined where that is left to what is open to everybody. */
export type AnonymousAccess = (path: string) => boolean | undefined;

/** By an AuthenticationConfiguration (KEP-4633): everywhere, or at the paths of its conditions alone. What one may do there is for authorization to say. */
export function anonymousAt(
  configured: { enabled: boolean; conditions: readonly { path: string }[] } | undefined,
  path: string,
): boolean | undefined {
  if (configured === undefined) return undefined;
  const { enabled, conditions } = configured;
  return enabled && (conditions.length === 0 || conditions.some((condition) => condition.path === path));
}
