import { expect, it } from 'vitest';
import { invalid, StatusError } from './index.ts';

const error = (detail: string) => ({ type: 'FieldValueInvalid' as const, field: 'a', detail });

it('the details of a status leave out what is empty', () => {
  const causes = [{ reason: '', message: 'm', field: '' }];
  const status = (details: object) => new StatusError('Conflict', 'c', details).toStatus().details;
  expect(status({ name: '', group: '', kind: 'pods', uid: '', causes, retryAfterSeconds: 0 })).toEqual({
    kind: 'pods',
    causes: [{ message: 'm' }],
  });
  expect(status({ name: '', causes: [] })).toEqual({});
  expect(invalid({ group: '', kind: 'Pod', name: 'x' }, [error('d')]).toStatus().details).toEqual({
    kind: 'Pod',
    name: 'x',
    causes: [{ reason: 'FieldValueInvalid', message: 'd', field: 'a' }],
  });
});

it('the message of an invalid object says everything once, its causes as often as it was found', () => {
  const { message, details } = invalid({ group: 'g', kind: 'K', name: 'x' }, [error('d'), error('e'), error('d')]);
  expect(message).toBe('K.g "x" is invalid: [a: d, a: e]');
  expect(details?.causes).toHaveLength(3);
});
