export * from './connections.ts';
export * from './parse.ts';
