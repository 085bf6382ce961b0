import { getKey, isObject, type JsonObject, setKey } from '../data.ts';

/** RFC 7386. Changes neither argument; unchanged parts of the target are shared. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete result[key];
    else setKey(result, key, mergePatch(getKey(result, key), value));
  }
  return result;
}
