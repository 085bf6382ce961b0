export { equal } from '../object/equal.ts';
export * from './contract.ts';
export { field } from './field.ts';
export { type ApiService, type ApiServiceCondition, localCondition } from './kinds/api-service.ts';
export { builtinKinds, systemPriorityClasses } from './kinds/index.ts';
export { clusterIpAccount, nodePortAccount } from './kinds/service.ts';
export { type ValidateName, validateMetadata, validateMetadataUpdate } from './metadata.ts';
export { type QosClass, qosClass } from './pod/index.ts';
export { Registry } from './registry.ts';
export {
  addressesOf as serviceAddresses,
  allocatesNodePorts,
  type ClusterFamilies,
  initFamilies,
  isHeadless,
  mayHaveNodePorts,
  needsHealthCheckPort,
  nodePortsOf as serviceNodePorts,
} from './service/index.ts';
