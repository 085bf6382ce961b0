export { EventExpiry } from './event-expiry.ts';
export { LiveView, type LiveViewHandlers } from './live-view.ts';
