export { Relay, type RelayLog, type RelayOptions } from './relay.ts';
