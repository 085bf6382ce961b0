// Loads the modules of every service and ends: with NODE_COMPILE_CACHE set, the next process finds them compiled. One that is missing here costs a service
// the memory of the type stripper, so what is imported only when it is needed is named too.
const entries = [
  'api/src/main.ts',
  'scheduler/src/main.ts',
  'controller-manager/src/main.ts',
  'node-agent/src/main.ts',
  'node-agent/src/docker-node.ts',
  'node-agent/src/sim/index.ts',
];
const services = new URL('../../../../services/', import.meta.url);

for (const entry of entries) await import(new URL(entry, services).href);
process.exit(0);
