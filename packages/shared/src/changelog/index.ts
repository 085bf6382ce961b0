export type * from './contract.ts';
export { commitOf, formatChange, formatChangeWithoutObject } from './message.ts';
export { OwnCommits } from './own-commits.ts';
export { ChangePublisher, PublishError, type PublisherOptions } from './publisher.ts';
export { type ChangeReaderOptions, JetStreamChangeReader } from './reader.ts';
export { RelayedChanges } from './relayed-changes.ts';
export { ChangeStream, type ChangeStreamOptions, type ChangeStreamState, changeStream } from './stream.ts';
export { formatChangeSubject } from './subjects.ts';
