export { Aggregation, type AggregationOptions, type RemoteVersion } from './aggregation.ts';
export { publishAuthentication } from './authentication-config.ts';
export { ForeignReads } from './bus-reads.ts';
export type { ProxyClient } from './transport.ts';
