import type { Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '../schema/index.ts';

/**
 * Whether a node has what a pod says it must: its node selector and the required part of its node affinity, which both have to hold
 * (Kubernetes: "Assigning Pods to Nodes"). Undefined when it says neither.
 */
export function requiredNodeAffinity({ nodeSelector = {}, affinity }: PodSpec): ((node: Node) => boolean) | undefined {
  const selector = Object.entries(nodeSelector);
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (selector.length === 0 && required === undefined) return undefined;
  return (node) => {
    const { labels = {} } = node.metadata;
    return (
      selector.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value) &&
      (required === undefined || matchesAnyTerm(required.nodeSelectorTerms, node))
    );
  };
}

/** Whether one of the terms holds for the node; a term without requirements holds for none (core/v1 NodeSelectorTerm). */
export function matchesAnyTerm(terms: readonly NodeSelectorTerm[], node: Node): boolean {
  return terms.some((term) => matchesTerm(term, node));
}

/** Whether every requirement of the term holds; a term without any matches no node. */
export function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const { labels = {}, name } = node.metadata;
  return (
    matchExpressions.every((requirement) =>
      holds(requirement, Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined),
    ) && matchFields.every((requirement) => requirement.key === 'metadata.name' && holds(requirement, name))
  );
}

function holds({ operator, values = [] }: NodeSelectorRequirement, actual: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return actual !== undefined && values.includes(actual);
    case 'NotIn':
      return actual === undefined || !values.includes(actual);
    case 'Exists':
      return actual !== undefined;
    case 'DoesNotExist':
      return actual === undefined;
    case 'Gt':
    case 'Lt':
      return compare(operator, actual, values);
    default:
      return false;
  }
}

const whole = /^[-+]?[0-9]{1,18}$/;

function compare(operator: 'Gt' | 'Lt', actual: string | undefined, [bound, ...more]: readonly string[]): boolean {
  if (actual === undefined || bound === undefined || more.length > 0 || !whole.test(actual) || !whole.test(bound))
    return false;
  return operator === 'Gt' ? BigInt(actual) > BigInt(bound) : BigInt(actual) < BigInt(bound);
}
