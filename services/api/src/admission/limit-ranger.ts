import type { KubeObject } from '@kubus/shared/object';
import {
  compareQuantities,
  parseQuantity,
  podTotals,
  type ResourceList,
  type Totals,
  totalsOf,
} from '@kubus/shared/object';
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '@kubus/shared/schema';
import type { LiveView } from '../storage/index.ts';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';
import { refusal } from './refuse.ts';

const annotation = 'kubernetes.io/limit-ranger';

/** Gives containers what they do not say, and holds containers, pods and claims between the bounds of their namespace (Kubernetes: LimitRanger). */
export class LimitRanger implements AdmissionPlugin {
  readonly name = 'LimitRanger';
  readonly #ranges: LiveView<LimitRange>;

  /** `ranges`: by namespace. */
  constructor(ranges: LiveView<LimitRange>) {
    this.#ranges = ranges;
  }

  concerns(resource: { group: string; resource: string }, subresource: string, operation: AdmissionOperation): boolean {
    if (resource.group !== '') return false;
    if (resource.resource === 'pods') {
      return (subresource === '' && operation === 'CREATE') || (subresource === 'resize' && operation === 'UPDATE');
    }
    return (
      resource.resource === 'persistentvolumeclaims' &&
      subresource === '' &&
      (operation === 'CREATE' || operation === 'UPDATE')
    );
  }

  admit(request: AdmissionRequest): void {
    const limits = this.#limitsOf(request.namespace);
    if (limits.length === 0 || request.resource.resource !== 'pods' || request.operation !== 'CREATE') return;
    const pod = request.object as Pod;
    const told: string[] = [];
    for (const item of limits.filter(({ type }) => type === 'Container')) {
      for (const container of pod.spec?.containers ?? []) told.push(...setDefaults(container, item, 'container'));
      for (const container of pod.spec?.initContainers ?? [])
        told.push(...setDefaults(container, item, 'init container'));
    }
    if (told.length === 0) return;
    const text = `LimitRanger plugin set: ${told.join('; ')}`;
    pod.metadata.annotations = { ...pod.metadata.annotations, [annotation]: text };
  }

  validate(request: AdmissionRequest): void {
    const limits = this.#limitsOf(request.namespace);
    const { object } = request;
    if (limits.length === 0 || object === undefined || isLeaving(request)) return;
    const isPod = request.resource.resource === 'pods';
    const errors = limits.flatMap((item) =>
      isPod ? podErrors(object as Pod, item) : claimErrors(object as PersistentVolumeClaim, item),
    );
    if (errors.length > 0)
      throw refusal(request, errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]`);
  }

  #limitsOf(namespace: string): LimitRangeItem[] {
    return [...this.#ranges.inNamespace(namespace)].flatMap(({ spec }) => spec?.limits ?? []);
  }
}

/** Whoever takes finalizers off an object that goes may do so. */
function isLeaving({ operation, object }: AdmissionRequest): boolean {
  return operation === 'UPDATE' && (object as KubeObject).metadata.deletionTimestamp !== undefined;
}

function setDefaults(container: Container, item: LimitRangeItem, what: string): string[] {
  container.resources ??= {};
  const { resources } = container;
  const fill = (list: 'requests' | 'limits', defaults: ResourceList | undefined): string[] => {
    const missing = Object.entries(defaults ?? {}).filter(([name]) => !Object.hasOwn(resources[list] ?? {}, name));
    if (missing.length === 0) return [];
    resources[list] = Object.fromEntries([...Object.entries(resources[list] ?? {}), ...missing]);
    const names = missing.map(([name]) => name).sort();
    return [`${names.join(', ')} ${list === 'requests' ? 'request' : 'limit'} for ${what} ${container.name}`];
  };
  return [...fill('requests', item.defaultRequest), ...fill('limits', item.default)];
}

function podErrors({ spec }: Pod, item: LimitRangeItem): string[] {
  if (spec === undefined) return [];
  if (item.type === 'Container') {
    return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
      boundErrors(item, totalsOf(resources?.requests), totalsOf(resources?.limits)),
    );
  }
  if (item.type !== 'Pod') return [];
  const { overhead: _, ...bare } = spec;
  return boundErrors(item, podTotals(bare, 'requests'), podTotals(bare, 'limits'));
}

function boundErrors(item: LimitRangeItem, requests: Totals, limits: Totals): string[] {
  const each = (list: ResourceList | undefined, check: (name: string, bound: string) => string | undefined): string[] =>
    [...totalsOf(list)].sort().flatMap(([name, bound]) => check(name, bound) ?? []);
  return [
    ...each(item.min, (name, bound) => below(item.type, name, bound, requests.get(name), limits.get(name))),
    ...each(item.max, (name, bound) => above(item.type, name, bound, requests.get(name), limits.get(name))),
    ...each(item.maxLimitRequestRatio, (name, bound) =>
      outOfRatio(item.type, name, bound, requests.get(name), limits.get(name)),
    ),
  ];
}

function claimErrors({ spec }: PersistentVolumeClaim, item: LimitRangeItem): string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const requests = totalsOf(spec?.resources?.requests);
  const min = [...totalsOf(item.min)].flatMap(
    ([name, bound]) => below(item.type, name, bound, requests.get(name)) ?? [],
  );
  const max = [...totalsOf(item.max)].flatMap(([name, bound]) => {
    const request = requests.get(name);
    const usage = `maximum ${name} usage per ${item.type} is ${bound}`;
    if (request === undefined) return `${usage}.  No request is specified`;
    return compareQuantities(request, bound) > 0 ? `${usage}, but request is ${request}` : [];
  });
  return [...min, ...max];
}

function below(type: string, name: string, bound: string, request?: string, limit?: string): string | undefined {
  const usage = `minimum ${name} usage per ${type} is ${bound}`;
  if (request === undefined) return `${usage}.  No request is specified`;
  if (compareQuantities(request, bound) < 0) return `${usage}, but request is ${request}`;
  return limit !== undefined && compareQuantities(limit, bound) < 0 ? `${usage}, but limit is ${limit}` : undefined;
}

function above(type: string, name: string, bound: string, request?: string, limit?: string): string | undefined {
  const usage = `maximum ${name} usage per ${type} is ${bound}`;
  if (limit === undefined) return `${usage}.  No limit is specified`;
  if (compareQuantities(limit, bound) > 0) return `${usage}, but limit is ${limit}`;
  return request !== undefined && compareQuantities(request, bound) > 0
    ? `${usage}, but request is ${request}`
    : undefined;
}

function outOfRatio(type: string, name: string, bound: string, request?: string, limit?: string): string | undefined {
  const about = `${name} max limit to request ratio per ${type} is ${bound}`;
  if (request === undefined || compareQuantities(request, 0) === 0) {
    return `${about}, but no request is specified or request is 0`;
  }
  if (limit === undefined || compareQuantities(limit, 0) === 0) {
    return `${about}, but no limit is specified or limit is 0`;
  }
  const ratio = Number(parseQuantity(limit).nano) / Number(parseQuantity(request).nano);
  if (ratio <= Number(parseQuantity(bound).nano) / 1e9) return undefined;
  return `${about}, but provided ratio is ${ratio.toFixed(6)}`;
}
