import { StatusError } from '@kubus/shared/errors';
import { decodeObject } from '@kubus/shared/schema';
import type { Codec } from './codec.ts';

/** The pipeline's codec over the schema of the built-in kinds. */
export const schemaCodec: Codec = {
  decode(schema, value, unknown) {
    const { object, warnings } = decodeObject(schema, value, { fieldValidation: 'Warn' });
    unknown.push(...warnings);
    return object;
  },
  strategicMerge() {
    throw notYet('strategic merge patches');
  },
  trackCreate: () => undefined,
  trackUpdate: () => undefined,
  apply() {
    throw notYet('server-side apply');
  },
};

function notYet(what: string): StatusError {
  return new StatusError('UnsupportedMediaType', `${what} are not served by this build`);
}
