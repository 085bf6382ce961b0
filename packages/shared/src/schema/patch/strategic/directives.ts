import { isObject, type JsonObject, setKey } from '../../data.ts';

/** The keys by which a strategic merge patch says more than values can. */
export const PATCH = '$patch';
export const RETAIN_KEYS = '$retainKeys';
export const SET_ELEMENT_ORDER = '$setElementOrder/';
export const DELETE_FROM_PRIMITIVE_LIST = '$deleteFromPrimitiveList/';

/** Kinds of patches that are refused; the messages are Kubernetes' (apimachinery/pkg/util/mergepatch). */
export class StrategicPatchError extends Error {
  override readonly name = 'StrategicPatchError';
}

export const badRetainKeys = (): StrategicPatchError => new StrategicPatchError('invalid patch format of retainKeys');
export const badElementOrder = (): StrategicPatchError =>
  new StrategicPatchError('invalid patch format of setElementOrder list');
export const badPrimitiveList = (): StrategicPatchError =>
  new StrategicPatchError('invalid patch format of primitive list');
export const unknownDirective = (directive: unknown): StrategicPatchError =>
  new StrategicPatchError(
    `unknown patch type: ${typeof directive === 'string' ? directive : JSON.stringify(directive)}`,
  );
export const noMergeKey = (key: string): StrategicPatchError =>
  new StrategicPatchError(`an element does not contain declared merge key: ${key}`);

export const isDirective = (key: string): boolean =>
  key === PATCH ||
  key === RETAIN_KEYS ||
  key.startsWith(SET_ELEMENT_ORDER) ||
  key.startsWith(DELETE_FROM_PRIMITIVE_LIST);

/**
 * A patch's value for which there is nothing to merge with: nulls and directives have nothing to act on. undefined when the value itself is one.
 */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((element) => element !== undefined);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, PATCH)) return undefined;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    if (value[key] === null || isDirective(key)) continue;
    const kept = withoutDirectives(value[key]);
    if (kept !== undefined) setKey(result, key, kept);
  }
  return result;
}
