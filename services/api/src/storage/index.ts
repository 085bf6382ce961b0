export { EventExpiry } from './event-expiry.ts';
export { LiveView } from './live-view.ts';
