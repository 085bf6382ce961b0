import type { FieldSelector, KubeObject } from '@kubus/shared/object';
import type { FieldOf } from '@kubus/shared/registry';
import { badRequest } from './errors.ts';

type Fields = Readonly<Record<string, FieldOf<KubeObject>>>;

const metadataFields: ReadonlyMap<string, FieldOf<KubeObject>> = new Map([
  ['metadata.name', (object) => object.metadata.name],
  ['metadata.namespace', (object) => object.metadata.namespace ?? ''],
]);

/** Whether a field says the same in every version of an object. */
export const isOfMetadata = (field: string): boolean => metadataFields.has(field);

/** What tells whether an object is selected; throws BadRequest for a field that the kind does not let select by. */
export function fieldPredicate(
  requirements: FieldSelector['requirements'],
  fields: Fields | undefined,
): ((object: KubeObject) => boolean) | undefined {
  const terms = requirements.map(({ field, operator, value }) => {
    const get = fieldGetter(field, fields);
    return (object: KubeObject) => (get(object) === value) === (operator === '=');
  });
  const [only] = terms;
  return terms.length < 2 ? only : (object) => terms.every((term) => term(object));
}

function fieldGetter(field: string, fields: Fields | undefined): FieldOf<KubeObject> {
  const own = fields !== undefined && Object.hasOwn(fields, field) ? fields[field] : undefined;
  const getter = own ?? metadataFields.get(field);
  if (getter !== undefined) return getter;
  if (fields !== undefined) throw badRequest(`field label not supported: ${field}`);
  throw badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
}
