import type { IPAddress, ServiceCIDR } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { finalizer, plan } from './plan.ts';

const apiVersion = 'networking.k8s.io/v1';
const deletion = '2026-01-01T00:00:00Z';
const range = (name: string, cidr: string, leaves: boolean): ServiceCIDR => ({
  apiVersion,
  kind: 'ServiceCIDR',
  metadata: { name, finalizers: [finalizer], ...(leaves && { deletionTimestamp: deletion }) },
  spec: { cidrs: [cidr] },
});
const address = (last: number): IPAddress => ({
  apiVersion,
  kind: 'IPAddress',
  metadata: { name: `10.99.0.${last}` },
  spec: { parentRef: { resource: 'services', name: 'x' } },
});

it('lets a range go only when no address is left without one, and not before its time', () => {
  const addresses = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 4 });
  fc.assert(
    fc.property(addresses, fc.boolean(), fc.integer({ min: 0, max: 20_000 }), (lasts, otherLeaves, later) => {
      const own = range('own', '10.99.0.0/25', true);
      const other = range('other', '10.99.0.64/26', otherLeaves);
      const { actions, again } = plan(own, lasts.map(address), [other], Date.parse(deletion) + later);
      const bereft = lasts.some((last) => last < 128 && (otherLeaves || last < 64));
      const isLetGo = actions.some((action) => action.type === 'finalizers' && !action.finalizers.includes(finalizer));
      expect(isLetGo).toBe(!bereft && later >= 10_000);
      expect(again).toBe(!bereft && later < 10_000 ? 10_000 - later : undefined);
    }),
  );
});

it('says the same thing once', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), (leaves, used) => {
      const own = range('own', '10.99.0.0/25', leaves);
      const addresses = used ? [address(1)] : [];
      const now = Date.parse(deletion);
      const said = plan(own, addresses, [], now).actions.find(({ type }) => type === 'conditions');
      if (said?.type !== 'conditions') return;
      const again = plan({ ...own, status: { conditions: said.conditions } }, addresses, [], now + 1000).actions;
      expect(again.filter(({ type }) => type === 'conditions')).toEqual([]);
    }),
  );
});
