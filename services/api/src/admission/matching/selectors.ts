import { notFound } from '@kubus/shared/errors';
import {
  type KubeObject,
  LabelSelector,
  type LabelSelectorSpec,
  type Labels,
  labelSelector,
} from '@kubus/shared/object';
import type { AdmissionRequest } from '../contract.ts';
import { isNamespace, namespaceOf } from './rules.ts';

/** Reads a namespace: without waiting where this replica knows it, else from the store. */
export type NamespaceOf = (name: string) => KubeObject | undefined | Promise<KubeObject | undefined>;

/** Of a configuration: an absent selector selects everything. Throws SelectorError. */
export function optionalSelector(spec: LabelSelectorSpec | undefined): LabelSelector {
  return spec === undefined ? LabelSelector.everything : labelSelector(spec);
}

/** Is the object before or after the change selected? (predicates/object Matcher) */
export function objectSelected(
  selector: LabelSelector,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
): boolean {
  if (selector.isEverything) return true;
  return matches(selector, object) || matches(selector, old);
}

function matches(selector: LabelSelector, object: KubeObject | undefined): boolean {
  return object?.metadata !== undefined && selector.matches(object.metadata.labels);
}

/** Is the namespace of the object selected? What lives in none always is. (predicates/namespace Matcher) */
export async function namespaceSelected(
  selector: LabelSelector,
  request: AdmissionRequest,
  namespaces: NamespaceOf,
): Promise<boolean> {
  if (selector.isEverything) return true;
  const own = isNamespace(request.resource);
  if (!own && request.namespace === '') return true;
  return selector.matches(await labelsOf(request, own, namespaces));
}

async function labelsOf(request: AdmissionRequest, own: boolean, namespaces: NamespaceOf): Promise<Labels | undefined> {
  const changes = request.operation === 'CREATE' || request.operation === 'UPDATE';
  if (own && request.subresource === '' && changes) return request.object?.metadata.labels;
  const name = namespaceOf(request);
  const namespace = await namespaces(name);
  if (namespace === undefined) throw notFound({ group: '', resource: 'namespaces' }, name);
  return namespace.metadata.labels;
}
