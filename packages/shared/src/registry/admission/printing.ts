import type { KubeObject, LabelSelectorSpec } from '../../object/index.ts';
import type { ParamKind, ParamRef } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { TableColumns } from '../contract.ts';

interface PolicyBinding extends KubeObject {
  spec?: { policyName?: string; paramRef?: ParamRef };
}

export const bindingTable: TableColumns<PolicyBinding> = {
  columns: [
    nameColumn,
    text('PolicyName', 'The policy that is bound.'),
    text('ParamRef', 'Where its parameters are.'),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    object.spec?.policyName ?? '',
    paramRefCell(object.spec?.paramRef),
    age(object, now),
  ],
};

export function paramKindCell(kind: ParamKind | undefined): string {
  return kind === undefined ? '<unset>' : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`;
}

function paramRefCell(ref: ParamRef | undefined): string {
  if (ref?.name) return `${ref.namespace || '*'}/${ref.name}`;
  return ref?.selector === undefined ? '<unset>' : goText(ref.selector);
}

/** A selector as Go prints it, because that is what Kubernetes shows. */
function goText({ matchLabels = {}, matchExpressions = [] }: LabelSelectorSpec): string {
  const labels = Object.entries(matchLabels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  const list = `[]LabelSelectorRequirement{${expressions.join('')}}`;
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:${list},}`;
}
