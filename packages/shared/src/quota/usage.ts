import {
  addTo,
  addTotals,
  type GroupResource,
  groupResourceName,
  heldSpec,
  type KubeObject,
  podTotals,
  type Totals,
  totalsOf,
} from '../object/index.ts';
import type { PersistentVolumeClaim, Pod, ResourceClaim, Service } from '../schema/index.ts';
import { computeUsage, countsForQuota } from './pod-usage.ts';

/** What one kind uses beside one object each (pkg/quota/v1/evaluator/core). */
interface Evaluator {
  /** Whether objects of the kind use the resource of this name. */
  uses(name: string): boolean;
  usage(object: KubeObject, now: number): Totals;
  /** Updates may use more. */
  onUpdate?: boolean;
}

const classSuffix = '.storageclass.storage.k8s.io/';

const deviceSuffix = '.deviceclass.resource.k8s.io/devices';
/** AllocationResultsMaxSize: a claim is never given more. */
const maxDevices = 32;

/** By the names of kinds as `count/` has them. */
const evaluators: ReadonlyMap<string, Evaluator> = new Map<string, Evaluator>([
  ['pods', { uses: isCompute, usage: (object, now) => podUsage(object as Pod, now) }],
  [
    'services',
    {
      uses: (name) => name === 'services.nodeports' || name === 'services.loadbalancers',
      usage: (object) => serviceUsage(object as Service),
      onUpdate: true,
    },
  ],
  [
    'persistentvolumeclaims',
    {
      uses: (name) => name === 'requests.storage' || name.includes(classSuffix),
      usage: (object) => claimUsage(object as PersistentVolumeClaim),
      onUpdate: true,
    },
  ],
  [
    'resourceclaims.resource.k8s.io',
    { uses: (name) => name.endsWith(deviceSuffix), usage: (object) => deviceUsage(object as ResourceClaim) },
  ],
]);

/** Kinds that quotas count by their plain name too. */
const plainlyCounted: ReadonlySet<string> = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);

function isCompute(name: string): boolean {
  if (name === 'requests.storage') return false;
  return /^(cpu|memory|ephemeral-storage)$|^(requests\.|limits\.|hugepages-)/.test(name);
}

/** Whether objects of a kind count for a resource of a quota. */
export function countsFor(kind: GroupResource, name: string): boolean {
  const own = groupResourceName(kind);
  if (name === `count/${own}`) return true;
  return (name === own && plainlyCounted.has(own)) || evaluators.get(own)?.uses(name) === true;
}

/** Whether an update can use more than what was there; of pods, a resize alone can. */
export function mayGrow(kind: GroupResource, subresource: string): boolean {
  if (kind.group === '' && kind.resource === 'pods') return subresource === 'resize';
  return subresource === '' && evaluators.get(groupResourceName(kind))?.onUpdate === true;
}

/** All that an object uses. `now`: milliseconds since 1970. */
export function usageOf(kind: GroupResource, object: KubeObject, now: number): Totals {
  const own = groupResourceName(kind);
  const usage: Totals = new Map([[`count/${own}`, '1']]);
  if (own !== 'pods' && plainlyCounted.has(own)) usage.set(own, '1');
  const more = evaluators.get(own)?.usage(object, now);
  if (more !== undefined) addTotals(usage, more);
  return usage;
}

function podUsage(pod: Pod, now: number): Totals {
  if (pod.spec === undefined || !countsForQuota(pod, now)) return new Map();
  const spec = heldSpec(pod);
  const usage = computeUsage(podTotals(spec, 'requests'), podTotals(spec, 'limits'));
  return usage.set('pods', '1');
}

function serviceUsage({ spec }: Service): Totals {
  const ports = spec?.ports ?? [];
  if (spec?.type === 'NodePort') return new Map([['services.nodeports', String(ports.length)]]);
  if (spec?.type !== 'LoadBalancer') return new Map();
  const taken = spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort) : ports;
  return new Map([
    ['services.nodeports', String(taken.length)],
    ['services.loadbalancers', '1'],
  ]);
}

function claimUsage({ metadata, spec }: PersistentVolumeClaim): Totals {
  const annotations = new Map(Object.entries(metadata.annotations ?? {}));
  const name = annotations.get('volume.beta.kubernetes.io/storage-class') ?? spec?.storageClassName ?? '';
  const storage = totalsOf(spec?.resources?.requests).get('storage');
  const usage: Totals = new Map();
  if (name !== '') usage.set(`${name}${classSuffix}persistentvolumeclaims`, '1');
  if (storage === undefined) return usage;
  usage.set('requests.storage', storage);
  return name === '' ? usage : usage.set(`${name}${classSuffix}requests.storage`, storage);
}

/** Of each class the most that the requests may take, whichever of their alternatives it will be (pkg/quota/v1/evaluator/core/resource_claims.go). */
function deviceUsage({ spec }: ResourceClaim): Totals {
  const usage: Totals = new Map();
  for (const { exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
    const most = new Map<string, number>();
    for (const request of exactly === undefined ? firstAvailable : [exactly]) {
      const { deviceClassName } = request;
      most.set(deviceClassName, Math.max(most.get(deviceClassName) ?? 0, devicesOf(request)));
    }
    for (const [name, devices] of most) addTo(usage, `${name}${deviceSuffix}`, String(devices));
  }
  return usage;
}

function devicesOf({ allocationMode, count = 0 }: { allocationMode?: string; count?: number }): number {
  if (allocationMode === 'All') return maxDevices;
  return allocationMode === 'ExactCount' ? count : 0;
}
