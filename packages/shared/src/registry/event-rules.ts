import type { FieldError } from '../errors/index.ts';
import { equal } from '../object/equal.ts';
import { names } from '../object/index.ts';
import type { CoreEvent } from './event-forms.ts';
import { field, immutable } from './field.ts';

/** Bytes. */
const maxText = 128;
const maxMessage = 1024;

/**
 * What an Event has to keep to that is created (`old` undefined) or changed in a group (pkg/apis/core/validation/events.go). Those of v1 without an
 * eventTime say where they belong and what they like; with one, who reports what. In events.k8s.io all have one and nothing that is deprecated, and
 * of what is there the series alone changes. Fields are named as in v1, but for reportingController.
 */
export function eventErrors(event: CoreEvent, old: CoreEvent | undefined, group: string): FieldError[] {
  const errors = isUnset(event.eventTime) ? placeErrors(event, ['default']) : reportErrors(event);
  if (group === '') return errors;
  return [...errors, ...(old === undefined ? newErrors(event) : changeErrors(event, old))];
}

/** It is in the namespace of what it is about; where that is in none, in one of `homes`. */
function placeErrors({ involvedObject, metadata }: CoreEvent, homes: readonly string[]): FieldError[] {
  const about = involvedObject?.namespace ?? '';
  const home = metadata.namespace ?? '';
  if (about === '' ? homes.includes(home) : about === home) return [];
  return [field.invalid('involvedObject.namespace', about, 'does not match event.namespace')];
}

function reportErrors(event: CoreEvent): FieldError[] {
  const { reportingComponent = '', message = '' } = event;
  return [
    // Of what is in a namespace may be told in another.
    ...(event.involvedObject?.namespace ? [] : placeErrors(event, ['default', 'kube-system'])),
    ...(reportingComponent === '' ? [field.required('reportingController')] : []),
    ...field.invalids('reportingController', reportingComponent, names.qualifiedName(reportingComponent)),
    ...(['reportingInstance', 'action', 'reason'] as const).flatMap((name) => textErrors(name, event[name] ?? '')),
    ...lengthErrors('message', message, maxMessage),
  ];
}

function textErrors(name: string, value: string): FieldError[] {
  return value === '' ? [field.required(name)] : lengthErrors(name, value, maxText);
}

function lengthErrors(name: string, value: string, max: number): FieldError[] {
  if (Buffer.byteLength(value) <= max) return [];
  return [field.invalid(name, '', `can have at most ${max} characters`)];
}

const deprecated = ['firstTimestamp', 'lastTimestamp', 'count'] as const;

function newErrors(event: CoreEvent): FieldError[] {
  const { type = '', source } = event;
  const set: string[] = deprecated.filter((name) => !isUnset(event[name]));
  if (source?.component || source?.host) set.push('source');
  return [
    ...seriesErrors(event),
    ...(isUnset(event.eventTime) ? [field.required('eventTime')] : []),
    ...(type === 'Normal' || type === 'Warning' ? [] : [field.invalid('type', '', `has invalid value: ${type}`)]),
    ...set.map((name) => field.invalid(name, '', 'needs to be unset')),
  ];
}

function seriesErrors({ series }: CoreEvent): FieldError[] {
  if (series === undefined) return [];
  return [
    ...((series.count ?? 0) < 2 ? [field.invalid('series.count', '', 'should be at least 2')] : []),
    ...(isUnset(series.lastObservedTime) ? [field.required('series.lastObservedTime')] : []),
  ];
}

/** Its name in refusals, where that is another. */
const settled: readonly (readonly [name: keyof CoreEvent, shown?: string])[] = [
  ['involvedObject'],
  ['reason'],
  ['message'],
  ['source'],
  ['firstTimestamp'],
  ['lastTimestamp'],
  ['count'],
  ['type'],
  ['eventTime'],
  ['action'],
  ['related'],
  ['reportingComponent', 'reportingController'],
  ['reportingInstance'],
];

function changeErrors(event: CoreEvent, old: CoreEvent): FieldError[] {
  const changed = settled.filter(([name]) => !equal(said(event[name]), said(old[name])));
  return [
    ...(equal(event.series, old.series) ? [] : seriesErrors(event)),
    ...changed.map(([name, shown = name]) => field.invalid(shown, event[name], immutable)),
  ];
}

const isUnset = (value: string | number | null | undefined): boolean => !value;

/** To Go an empty text, a zero and an object without fields are as good as none. */
function said(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value || undefined;
  const fields = Object.entries(value).filter(([, inside]) => inside);
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}
