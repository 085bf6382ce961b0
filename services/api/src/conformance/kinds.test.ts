import { allVerbs, builtinKinds } from '@kubus/shared/registry';
import { expect, it } from 'vitest';
import { rows } from './kinds.ts';

it('every kind that takes all verbs, in every version, has a row, and none has two', () => {
  const served = builtinKinds
    .filter(({ verbs = allVerbs }) => allVerbs.every((verb) => verbs.includes(verb)))
    .flatMap(({ kind, plural, scope, versions }) =>
      versions.map(({ group, version }) => ({
        kind,
        plural,
        namespaced: scope === 'Namespaced',
        version: group === '' ? `api/${version}` : `apis/${group}/${version}`,
      })),
    );
  const named = rows.map(({ kind, plural, namespaced, version }) => ({ kind, plural, namespaced, version }));
  const sorted = (all: object[]) => all.map((one) => JSON.stringify(one, Object.keys(one).sort())).sort();
  expect(sorted(named)).toEqual(sorted(served));
});
