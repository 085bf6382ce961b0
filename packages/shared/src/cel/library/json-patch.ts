import { fn, type Overload } from '../function.ts';
import { objectOf, types } from '../types.ts';

/** The type of one operation, `JSONPatch{op: 'add', path: '/a', value: 1}`. */
export const jsonPatchType = objectOf('JSONPatch', {
  op: types.string,
  path: types.string,
  from: types.string,
  value: types.dyn,
});

/** For keys within paths of JSON patches. */
export const jsonPatches: readonly Overload[] = [
  fn('jsonpatch::escapeKey(string): string', (_, key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1'), {
    resultSize: (size) => size * 2,
  }),
];
