export * from './claims.ts';
export * from './node.ts';
export { type ServeJoinOptions, serveJoin } from './serve.ts';
