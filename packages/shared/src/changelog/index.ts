export type * from './contract.ts';
export { commitOf, formatChange, formatChangeWithoutObject, parseChange } from './message.ts';
export { ChangePublisher, PublishError, type PublisherOptions } from './publisher.ts';
export { type ChangeReaderOptions, JetStreamChangeReader } from './reader.ts';
export { RecentChanges } from './recent-changes.ts';
export { ChangeStream, type ChangeStreamOptions, type ChangeStreamState, changeStream } from './stream.ts';
export { allChanges, changesOf, formatChangeSubject, parseChangeSubject } from './subjects.ts';
