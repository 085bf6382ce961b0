export { Aggregation, type AggregationOptions, type RemoteVersion } from './aggregation.ts';
export { publishAuthentication } from './authentication-config.ts';
export { ForeignReads } from './bus-reads.ts';
export { fetchFrom } from './discovery.ts';
export { priorityOf } from './local.ts';
export type { ProxyClient } from './transport.ts';
