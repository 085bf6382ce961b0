import {
  FieldSelector,
  type KubeObject,
  LabelSelector,
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
} from '@kubus/shared/object';
import type { Call } from './call.ts';
import { isStoredVersion } from './convert.ts';
import { badRequest } from './errors.ts';
import { fieldPredicate, isOfMetadata } from './field-selector.ts';
import { parameter, type Query } from './options.ts';

/** Which objects of a collection a request asks for. */
export interface Selection {
  /** Only the object of this name. */
  name?: string;
  /** Everything that is asked for of objects as they are stored, the name included; absent: all objects. */
  matches?: Predicate;
  /** What is asked for beside that of objects as they are served: where somebody else converts them, by the fields of that version. */
  served?: Predicate;
  /** The narrowest way for the watch cache to the watchers of a change. */
  trigger?: { name: string; value: string };
}

/** Reads labelSelector, fieldSelector and, of a list or watch of one object, its name. Throws BadRequest. */
export function selectionOf(call: Call): Selection {
  const { query } = call.request;
  const fields = fieldSelectorOf(query);
  const labels = labelSelectorOf(query);
  const { declaration } = call.resource;
  const name = call.name || fields.exact('metadata.name');
  const { kept, later } = byWhereTheyAre(call, fields);
  const field = fieldPredicate(kept, call.resource.fields);
  const served = fieldPredicate(later, call.resource.fields);
  const label = labels.isEverything ? undefined : (object: KubeObject) => labels.matches(object.metadata.labels);
  const matches = both(label, field) ?? (served === undefined ? undefined : () => true);
  const trigger = declaration.triggers?.find((candidate) => fields.exact(candidate) !== undefined);
  return {
    ...(name ? { name } : {}),
    ...(matches === undefined ? {} : { matches }),
    ...(served === undefined ? {} : { served }),
    ...(trigger === undefined ? {} : { trigger: { name: trigger, value: fields.exact(trigger) as string } }),
  };
}

type Requirements = FieldSelector['requirements'];

/** Which terms can be asked of what is stored, and which only of what is made of that. */
function byWhereTheyAre(
  { resource }: Call,
  { requirements }: FieldSelector,
): { kept: Requirements; later: Requirements } {
  if (resource.served.convert === undefined || isStoredVersion(resource)) return { kept: requirements, later: [] };
  return {
    kept: requirements.filter(({ field }) => isOfMetadata(field)),
    later: requirements.filter(({ field }) => !isOfMetadata(field)),
  };
}

/** Throws BadRequest. */
export function fieldSelectorOf(query: Query): FieldSelector {
  const text = parameter(query, 'fieldSelector') ?? '';
  return text === '' ? FieldSelector.everything : readable(() => parseFieldSelector(text));
}

function labelSelectorOf(query: Query): LabelSelector {
  const text = parameter(query, 'labelSelector') ?? '';
  return text === '' ? LabelSelector.everything : readable(() => parseLabelSelector(text));
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}

type Predicate = (object: KubeObject) => boolean;

function both(a: Predicate | undefined, b: Predicate | undefined): Predicate | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : (object) => a(object) && b(object);
}
