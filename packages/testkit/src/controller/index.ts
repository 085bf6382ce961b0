export * from './clock.ts';
export * from './controller-driver.ts';
export * from './memory-cluster.ts';
export * from './memory-informer.ts';
