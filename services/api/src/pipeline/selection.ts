import {
  FieldSelector,
  type KubeObject,
  LabelSelector,
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
} from '@kubus/shared/object';
import type { Call } from './call.ts';
import { badRequest } from './errors.ts';
import { fieldPredicate } from './field-selector.ts';
import { parameter, type Query } from './options.ts';

/** Which objects of a collection a request asks for. */
export interface Selection {
  /** Only the object of this name. */
  name?: string;
  /** Everything that is asked for, the name included; absent: all objects. */
  matches?: (object: KubeObject) => boolean;
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
  const field = fieldPredicate(fields, call.resource.fields);
  const matches = both(labels.isEverything ? undefined : (object) => labels.matches(object.metadata.labels), field);
  const trigger = declaration.triggers?.find((candidate) => fields.exact(candidate) !== undefined);
  return {
    ...(name ? { name } : {}),
    ...(matches === undefined ? {} : { matches }),
    ...(trigger === undefined ? {} : { trigger: { name: trigger, value: fields.exact(trigger) as string } }),
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
