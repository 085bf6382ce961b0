// Generated from the Kubernetes API sources by `npm run generate:schema`. Do not edit.

import type { PackageFacts } from '../facts.ts';

export const facts: PackageFacts = {
  name: 'io.k8s.api.events.v1',
  group: 'events.k8s.io',
  version: 'v1',
  types: {
    'io.k8s.api.events.v1.Event': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" },
      { name: "eventTime", number: 2, type: "MicroTime", required: true },
      { name: "series", number: 3, type: "io.k8s.api.events.v1.EventSeries", pointer: true, omitempty: true },
      { name: "reportingController", number: 4, type: "string", omitempty: true },
      { name: "reportingInstance", number: 5, type: "string", omitempty: true },
      { name: "action", number: 6, type: "string", omitempty: true },
      { name: "reason", number: 7, type: "string", omitempty: true },
      { name: "regarding", number: 8, type: "io.k8s.api.core.v1.ObjectReference", omitempty: true },
      { name: "related", number: 9, type: "io.k8s.api.core.v1.ObjectReference", pointer: true, omitempty: true },
      { name: "note", number: 10, type: "string", omitempty: true },
      { name: "type", number: 11, type: "string", omitempty: true },
      { name: "deprecatedSource", number: 12, type: "io.k8s.api.core.v1.EventSource", omitempty: true },
      { name: "deprecatedFirstTimestamp", number: 13, type: "Time", omitempty: true },
      { name: "deprecatedLastTimestamp", number: 14, type: "Time", omitempty: true },
      { name: "deprecatedCount", number: 15, type: "int32", omitempty: true },
    ] },
    'io.k8s.api.events.v1.EventList': { document: true, fields: [
      { name: "metadata", number: 1, type: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", omitempty: true },
      { name: "items", number: 2, type: "io.k8s.api.events.v1.Event", list: true, required: true },
    ] },
    'io.k8s.api.events.v1.EventSeries': { fields: [
      { name: "count", number: 1, type: "int32", required: true },
      { name: "lastObservedTime", number: 2, type: "MicroTime", required: true },
    ] },
  },
};
