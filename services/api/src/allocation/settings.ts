import { type Cidr, parseCidr } from '@kubus/shared/object';
import { z } from 'zod';
import type { PortRange } from './pick.ts';

/** The network of services as the cluster is set up. */
export interface ServiceNetworkSettings {
  /** One range, or one of each family, the standard one first. */
  cidrs: readonly [Cidr, ...Cidr[]];
  nodePorts: PortRange;
}

/** A range of addresses, or one of each family (kube-apiserver's --service-cluster-ip-range). */
export const serviceCidrs = z.string().transform((text, context): [Cidr, ...Cidr[]] => {
  const cidrs = text.split(',').map((part) => parseCidr(part.trim()));
  const [first, second] = cidrs;
  if (first === undefined || cidrs.length > 2 || cidrs.includes(undefined) || second?.family === first.family) {
    context.addIssue({ code: 'custom', message: 'expected a range such as 10.96.0.0/16, or one of each family' });
    return z.NEVER;
  }
  return second === undefined ? [first] : [first, second];
});

/** The first and the last port (kube-apiserver's --service-node-port-range). */
export const nodePortRange = z.string().transform((text, context): PortRange => {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const range = { from: Number(match?.[1]), to: Number(match?.[2]) };
  if (match === null || range.from < 1 || range.to > 65_535 || range.from > range.to) {
    context.addIssue({ code: 'custom', message: 'expected a range such as 30000-32767' });
    return z.NEVER;
  }
  return range;
});

export const defaultServiceNetwork: ServiceNetworkSettings = {
  cidrs: serviceCidrs.parse('10.96.0.0/16'),
  nodePorts: nodePortRange.parse('30000-32767'),
};
