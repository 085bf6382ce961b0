import type { KubeObject } from '../../object/index.ts';
import { nameColumn, since, text } from '../columns.ts';
import type { FieldOf, KindDeclaration } from '../contract.ts';
import type { CoreEvent, EventsEvent } from '../event-forms.ts';
import { fromEventsForm, toEventsForm } from '../event-forms.ts';
import { eventErrors } from '../event-rules.ts';

type Fields = Readonly<Record<string, FieldOf<CoreEvent>>>;

/** What an event is about, under either form's name of it. */
const aboutFields = (name: string): Fields => ({
  [`${name}.kind`]: (object) => object.involvedObject?.kind ?? '',
  [`${name}.namespace`]: (object) => object.involvedObject?.namespace ?? '',
  [`${name}.name`]: (object) => object.involvedObject?.name ?? '',
  [`${name}.uid`]: (object) => object.involvedObject?.uid ?? '',
  [`${name}.apiVersion`]: (object) => object.involvedObject?.apiVersion ?? '',
  [`${name}.resourceVersion`]: (object) => object.involvedObject?.resourceVersion ?? '',
  [`${name}.fieldPath`]: (object) => object.involvedObject?.fieldPath ?? '',
});

const ownFields: Fields = { reason: (object) => object.reason ?? '', type: (object) => object.type ?? '' };
const reportingComponent: FieldOf<CoreEvent> = (object) => object.reportingComponent ?? '';
const source: FieldOf<CoreEvent> = (object) => object.source?.component || object.reportingComponent || '';

/** Events of both groups are one thing: written as either, read as either. */
export const event: KindDeclaration<CoreEvent> = {
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  scope: 'Namespaced',
  versions: [
    { group: '', version: 'v1', schema: 'io.k8s.api.core.v1.Event' },
    {
      group: 'events.k8s.io',
      version: 'v1',
      schema: 'io.k8s.api.events.v1.Event',
      toStored: (object: KubeObject) => fromEventsForm(object as EventsEvent),
      fromStored: toEventsForm,
      // pkg/apis/events/v1: the same fields under the names of that form.
      fields: { ...aboutFields('regarding'), ...ownFields, reportingController: reportingComponent },
    },
  ],
  strategy: {
    allowCreateOnUpdate: true,
    takesShortFinalizers: true,
    check: (object, old, { group }) => eventErrors(object, old, group),
  },
  table: {
    columns: [
      text('Last Seen', 'Time of the last occurrence.'),
      text('Type', 'Normal, Warning; more may come.'),
      text('Reason', 'Why, in one word.'),
      text('Object', 'What the event is about.'),
      text('Subobject', 'The part of it that the event is about.', 1),
      text('Source', 'Who reports it.', 1),
      text('Message', 'What happened, for people.'),
      text('First Seen', 'Time of the first occurrence.', 1),
      text('Count', 'The number of times this has occurred.', 1),
      { ...nameColumn, priority: 1 },
    ],
    cells,
  },
  fields: { ...aboutFields('involvedObject'), ...ownFields, reportingComponent, source },
};

function cells(object: CoreEvent, now: Date): readonly unknown[] {
  const first = since(object.firstTimestamp || object.eventTime, now);
  const { series, involvedObject } = object;
  const last =
    series === undefined
      ? object.lastTimestamp
        ? since(object.lastTimestamp, now)
        : first
      : since(series.lastObservedTime, now);
  const kind = (involvedObject?.kind ?? '').toLowerCase();
  return [
    last,
    object.type ?? '',
    object.reason ?? '',
    involvedObject?.name ? `${kind}/${involvedObject.name}` : kind,
    involvedObject?.fieldPath ?? '',
    sourceCell(object),
    (object.message ?? '').trim(),
    first,
    series?.count ?? (object.count || 1),
    object.metadata.name,
  ];
}

function sourceCell({ source, reportingComponent, reportingInstance }: CoreEvent): string {
  const component = source?.component || reportingComponent || '';
  const instance = source?.host || reportingInstance || '';
  return instance === '' ? component : `${component}, ${instance}`;
}
