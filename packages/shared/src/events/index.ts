export type { EventObject, EventSource, EventType, ObjectReference } from './event.ts';
export { BatchingEventRecorder, type EventRecorder, type EventRecorderOptions } from './recorder.ts';
