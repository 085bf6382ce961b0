export { alignNewAddresses, carryOver } from './carry-over.ts';
export { type ClusterFamilies, initFamilies } from './families.ts';
export {
  addressesOf,
  allocatesNodePorts,
  isExternallyAccessible,
  isHeadless,
  mayHaveNodePorts,
  needsClusterIp,
  needsHealthCheckPort,
  nodePortsOf,
} from './needs.ts';
export { serviceWarnings, validateService, validateServiceUpdate } from './validate.ts';
