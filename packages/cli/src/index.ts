export { prepareState } from './cluster/bootstrap.ts';
export { fillCompileCache } from './cluster/compile-cache.ts';
export { type Connection, connectToCluster } from './cluster/connection.ts';
export { type ClusterRecord, createFolders, type Layout, layoutOf, writeRecord } from './cluster/layout.ts';
export { reservePorts } from './cluster/ports.ts';
export { natsProgram, type Replicas, redisProgram, servicePrograms } from './cluster/programs.ts';
export { type Program, Supervisor } from './cluster/supervisor.ts';
