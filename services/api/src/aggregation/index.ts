export { Aggregation } from './aggregation.ts';
export { publishAuthentication } from './authentication-config.ts';
export { ForeignRequests } from './bus-requests.ts';
export { isAvailable } from './local.ts';
