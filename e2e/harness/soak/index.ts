export * from './growth.ts';
export * from './soak.ts';
