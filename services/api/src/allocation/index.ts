export { AddressRepair } from './address-repair.ts';
export { type CompanionResult, commitWith } from './commit-with.ts';
export type { Allocator, Claim, Companion } from './contract.ts';
export {
  type ApiEndpoint,
  kubernetesEndpoints,
  kubernetesService,
  kubernetesServiceCidr,
} from './kubernetes-service.ts';
export { ServiceAllocator } from './service-allocator.ts';
export { ServiceNetwork } from './service-network.ts';
export { defaultServiceNetwork, nodePortRange, type ServiceNetworkSettings, serviceCidrs } from './settings.ts';
