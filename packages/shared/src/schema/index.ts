export type * from './facts.ts';
export type * from './generated/types.ts';
