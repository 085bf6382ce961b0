export { messageOf, outboundAgent, postJson } from './post-json.ts';
export { relayHttp } from './relay-http.ts';
export {
  type Address,
  isReachable,
  type ResolveService,
  type ServiceReader,
  serviceResolver,
} from './service-resolver.ts';
export { Verdicts } from './verdicts.ts';
export { type Ask, senderOf, webhookOf } from './webhook-kubeconfig.ts';
