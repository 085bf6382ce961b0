import { builtinKinds, Registry } from '@kubus/shared/registry';
import { expect, it } from 'vitest';
import type { Call } from './call.ts';
import { selectionOf } from './selection.ts';

const pods = new Registry(builtinKinds).resource({ group: '', version: 'v1', resource: 'pods' });
const selected = (query: Record<string, string>, name = '') =>
  selectionOf({ request: { query }, resource: pods, name } as unknown as Call);

it('leads the changes of pods of one node past the watchers of all others', () => {
  expect(selected({ fieldSelector: 'spec.nodeName=n1' }).trigger).toEqual({ name: 'spec.nodeName', value: 'n1' });
  expect(selected({ fieldSelector: 'spec.nodeName!=n1' })).not.toHaveProperty('trigger');
  expect(selected({ fieldSelector: 'status.phase=Running' })).not.toHaveProperty('trigger');
});

it('knows a selection of one object by its name', () => {
  expect(selected({ fieldSelector: 'metadata.name=p' })).toMatchObject({ name: 'p' });
  expect(selected({}, 'q')).toEqual({ name: 'q' });
  expect(selected({})).toEqual({});
});
