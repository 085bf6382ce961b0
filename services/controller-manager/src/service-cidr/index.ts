import type { KubeObject } from '@kubus/shared/object';
import type { Controller, ReconcileKey } from '@kubus/shared/reconcile';
import type { IPAddress, ServiceCIDR } from '@kubus/shared/schema';
import type { ControllerContext } from '../common/context.ts';
import { execute, serviceCidrs } from './execute.ts';
import { holds, plan } from './plan.ts';

const ipAddresses = { group: 'networking.k8s.io', version: 'v1', resource: 'ipaddresses' };

/** Keeps a range of Service addresses as long as addresses of it are in use, and says whether it can be used (Kubernetes: service CIDR controller). */
export function createServiceCidrController({ informers, api, clock }: ControllerContext): Controller {
  const cidrs = informers.get<ServiceCIDR>(serviceCidrs);
  const leaving = () => cidrs.list().filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  return {
    name: 'service-cidr',
    reads: [serviceCidrs, ipAddresses],
    watches: [
      // Whether another one can go may rest on this one.
      {
        resource: serviceCidrs,
        map: (cidr, _, type) => [...(type === 'deleted' ? [] : [cidr]), ...leaving()].map(keyOf),
      },
      {
        resource: ipAddresses,
        map: ({ metadata }, _, type) =>
          type === 'deleted'
            ? leaving()
                .filter((cidr) => holds(cidr, metadata.name))
                .map(keyOf)
            : [],
      },
    ],
    keys: () => cidrs.list().map(keyOf),
    reconcile: async ({ name }) => {
      const cidr = cidrs.get('', name);
      if (cidr === undefined) return undefined;
      const others = cidrs.list().filter(({ metadata }) => metadata.name !== name);
      const addresses = informers.get<IPAddress>(ipAddresses).list().filter(isGivenOut);
      const { actions, again } = plan(cidr, addresses, others, clock.now());
      for (const action of actions) await execute(api, cidr, action);
      return again === undefined ? undefined : { requeueAfter: again };
    },
  };
}

/** By the api, for a Service: what others keep as IPAddresses binds no range. */
const isGivenOut = ({ metadata }: IPAddress): boolean =>
  metadata.labels?.['ipaddress.kubernetes.io/managed-by'] === 'ipallocator.k8s.io';

const keyOf = ({ metadata }: KubeObject): ReconcileKey => ({ namespace: '', name: metadata.name });
