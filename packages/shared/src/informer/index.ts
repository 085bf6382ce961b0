export { ApiSource, type ApiSourceOptions } from './api-source.ts';
export { CachedInformer, type InformerOptions } from './cached-informer.ts';
export type * from './contract.ts';
export type { FollowerOptions } from './follower.ts';
export { InformerSet, type InformerSetOptions } from './informer-set.ts';
export { StoreSource, type StoreSourceOptions } from './store-source.ts';
