export { BusApiClient, type BusApiClientOptions } from './api/client.ts';
export { type ApiServer, type ApiServerOptions, serveApi } from './api/server.ts';
export * from './connect.ts';
export * from './contract.ts';
export * from './desired.ts';
export * from './inbox.ts';
export * from './node/streams.ts';
export * from './subjects.ts';
export * from './token.ts';
