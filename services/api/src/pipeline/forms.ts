import { decodeObject } from '@kubus/shared/schema';
import type { ObjectForms } from '../admission/index.ts';
import { fromStored, toStored } from './convert.ts';
import { asKind, checkKind, expectedKind } from './decode.ts';

/** Objects as webhooks and policies are shown them, and what they make of them. */
export const objectForms: ObjectForms = {
  toServed: (resource, object) => fromStored(resource, object),
  toStored: async (resource, body) => {
    const expected = expectedKind(resource);
    checkKind(body, expected);
    const object = await toStored(resource, asKind(decodeObject(expected.schema, body).object, expected));
    resource.declaration.strategy?.setDefaults?.(object);
    return object;
  },
};
