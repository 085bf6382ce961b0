export { LiveView, type LiveViewHandlers } from './live-view.ts';
