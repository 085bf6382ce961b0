export { Committer } from './committer.ts';
export { LiveView, type LiveViewHandlers } from './live-view.ts';
