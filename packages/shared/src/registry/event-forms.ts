import type { KubeObject } from '../object/index.ts';
import type { EventSeries, EventSource, ObjectReference } from '../schema/index.ts';

/** core/v1 Event, the form that is stored. */
export interface CoreEvent extends KubeObject {
  involvedObject?: ObjectReference;
  reason?: string;
  message?: string;
  source?: EventSource;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  count?: number;
  type?: string;
  eventTime?: string | null;
  series?: EventSeries;
  action?: string;
  related?: ObjectReference;
  reportingComponent?: string;
  reportingInstance?: string;
}

/** events.k8s.io/v1 Event: the same with other names. */
export interface EventsEvent extends KubeObject {
  regarding?: ObjectReference;
  note?: string;
  reportingController?: string;
  reportingInstance?: string;
  deprecatedSource?: EventSource;
  deprecatedFirstTimestamp?: string | null;
  deprecatedLastTimestamp?: string | null;
  deprecatedCount?: number;
  reason?: string;
  type?: string;
  eventTime?: string | null;
  series?: EventSeries;
  action?: string;
  related?: ObjectReference;
}

/** Name in events.k8s.io, then in core (pkg/apis/events/v1 conversion). */
const renamed: readonly (readonly [keyof EventsEvent, keyof CoreEvent])[] = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];

/** An Event of events.k8s.io/v1 as v1 has it, which is the stored form. */
export function fromEventsForm(event: EventsEvent): CoreEvent {
  return { ...rename(event, new Map(renamed)), apiVersion: 'v1' } as CoreEvent;
}

/** An Event of v1 as events.k8s.io/v1 has it. */
export function toEventsForm(event: CoreEvent): EventsEvent {
  const names = new Map(renamed.map(([events, core]) => [core, events] as const));
  return { ...rename(event, names), apiVersion: 'events.k8s.io/v1' } as EventsEvent;
}

function rename(object: KubeObject, names: ReadonlyMap<string, string>): object {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value]));
}
