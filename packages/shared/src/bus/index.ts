export * from './connect.ts';
export * from './contract.ts';
export * from './desired.ts';
export * from './inbox.ts';
export * from './subjects.ts';
export * from './token.ts';
