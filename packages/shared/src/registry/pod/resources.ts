export { podRequests, type QosClass, qosClass, resourceAmount as amount } from '../../object/index.ts';
