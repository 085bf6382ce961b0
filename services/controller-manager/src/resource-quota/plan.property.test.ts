import type { Pod, ResourceQuota } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Content, plan } from './plan.ts';

const now = Date.UTC(2026, 0, 1);
const quota: ResourceQuota = {
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'team', namespace: 'shop' },
  spec: { hard: { pods: '10', 'requests.cpu': '4', 'count/configmaps': '9' } },
};
const pod = fc
  .record({ milli: fc.nat(999), phase: fc.constantFrom('Running', 'Succeeded', 'Failed') })
  .map(({ milli, phase }): Content['objects'][number] => ({
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop' } },
    ...{ spec: { containers: [{ name: 'c', resources: { requests: { cpu: `${milli}m` } } }] }, status: { phase } },
  }));
const configMap = fc.constant({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'shop' } });
const contents = fc.record({ pods: fc.array(pod, { maxLength: 6 }), maps: fc.array(configMap, { maxLength: 4 }) });

const used = ({ pods, maps }: { pods: Content['objects']; maps: Content['objects'] }) => {
  const status = plan(
    quota,
    [
      { kind: { group: '', resource: 'pods' }, objects: pods },
      { kind: { group: '', resource: 'configmaps' }, objects: maps },
    ],
    now,
  );
  return new Map(Object.entries(status.used ?? {}));
};
const milli = (quantity: string | number | undefined) =>
  String(quantity).endsWith('m') ? Number.parseInt(String(quantity), 10) : Number(quantity) * 1000;

it('what two parts use is what they use together, in whatever order they come', () => {
  fc.assert(
    fc.property(contents, contents, (a, b) => {
      const both = used({ pods: [...b.pods, ...a.pods], maps: [...b.maps, ...a.maps] });
      for (const name of ['pods', 'requests.cpu', 'count/configmaps'])
        expect(milli(both.get(name))).toBe(milli(used(a).get(name)) + milli(used(b).get(name)));
    }),
  );
});

it('only what has not ended is counted', () => {
  fc.assert(
    fc.property(contents, (content) => {
      const running = content.pods.filter((one) => (one as Pod).status?.phase === 'Running');
      expect(used(content)).toEqual(used({ ...content, pods: running }));
      expect(milli(used(content).get('pods'))).toBe(running.length * 1000);
    }),
  );
});
