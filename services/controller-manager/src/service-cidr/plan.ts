import { type Cidr, contains, parseCidr, parseIp } from '@kubus/shared/object';
import type { IPAddress, ServiceCIDR } from '@kubus/shared/schema';
import { formatTime, parseTime } from '../common/time.ts';

export const finalizer = 'networking.k8s.io/service-cidr-finalizer';
/** For which a range that is deleted stays, so that every allocator has heard of it before its last address is looked for; ms. */
const GRACE = 10_000;

type Condition = NonNullable<NonNullable<ServiceCIDR['status']>['conditions']>[number];

export type ServiceCidrAction =
  | { type: 'finalizers'; finalizers: string[] }
  | { type: 'conditions'; conditions: Condition[] };

export interface ServiceCidrPlan {
  actions: ServiceCidrAction[];
  /** ms until time brings something; undefined when only a change will. */
  again?: number;
}

/**
 * A range of Service addresses stays as long as an address is given out of it that no other range has (KEP-1880; pkg/controller/servicecidrs). `addresses`: those
 * that the api gave out; `others`: the other ranges.
 */
export function plan(
  cidr: ServiceCIDR,
  addresses: readonly IPAddress[],
  others: readonly ServiceCIDR[],
  now: number,
): ServiceCidrPlan {
  const { deletionTimestamp, finalizers = [] } = cidr.metadata;
  const isHeld = finalizers.includes(finalizer);
  if (deletionTimestamp === undefined) {
    const held: ServiceCidrAction[] = isHeld ? [] : [{ type: 'finalizers', finalizers: [...finalizers, finalizer] }];
    return { actions: [...held, ...saying(cidr, ready, now)] };
  }
  if (!isHeld) return { actions: [] };
  if (isUsed(cidr, addresses, others)) return { actions: saying(cidr, terminating, now) };
  const left = (parseTime(deletionTimestamp) ?? 0) + GRACE - now;
  if (left > 0) return { actions: [], again: left };
  return { actions: [{ type: 'finalizers', finalizers: finalizers.filter((name) => name !== finalizer) }] };
}

function isUsed(cidr: ServiceCIDR, addresses: readonly IPAddress[], others: readonly ServiceCIDR[]): boolean {
  const own = rangesOf(cidr);
  const remaining = others.filter(({ metadata }) => metadata.deletionTimestamp === undefined).flatMap(rangesOf);
  return addresses.some(({ metadata: { name } }) => {
    const address = parseIp(name);
    if (address === undefined || !own.some((range) => contains(range, address))) return false;
    return !remaining.some((range) => contains(range, address));
  });
}

/** Of a range whose address is one of another, too: whoever holds it may be let go when the address goes. */
export const holds = (cidr: ServiceCIDR, name: string): boolean => {
  const address = parseIp(name);
  return address !== undefined && rangesOf(cidr).some((range) => contains(range, address));
};

const rangesOf = ({ spec }: ServiceCIDR): Cidr[] => (spec?.cidrs ?? []).flatMap((text) => parseCidr(text) ?? []);

type Said = Pick<Condition, 'status' | 'reason' | 'message'>;
const ready: Said = { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' };
const terminating: Said = {
  status: 'False',
  reason: 'Terminating',
  message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
};

function saying({ status }: ServiceCIDR, said: Said, now: number): ServiceCidrAction[] {
  const conditions = status?.conditions ?? [];
  const old = conditions.find(({ type }) => type === 'Ready');
  if (old?.status === said.status && old.message === said.message && (old.reason ?? '') === said.reason) return [];
  const condition = {
    type: 'Ready',
    ...said,
    lastTransitionTime: old?.status === said.status ? old.lastTransitionTime : formatTime(now),
  };
  return [{ type: 'conditions', conditions: [...conditions.filter(({ type }) => type !== 'Ready'), condition] }];
}
