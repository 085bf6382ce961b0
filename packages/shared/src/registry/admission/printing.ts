import type { LabelSelectorSpec } from '../../object/index.ts';
import type { ParamKind, ParamRef } from '../../schema/index.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { ColumnDefinition } from '../contract.ts';

export const bindingColumns: readonly ColumnDefinition[] = [
  nameColumn,
  text('PolicyName', 'The policy that is bound.'),
  text('ParamRef', 'Where its parameters are.'),
  ageColumn,
];

export function paramKindCell(kind: ParamKind | undefined): string {
  return kind === undefined ? '<unset>' : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`;
}

export function paramRefCell(ref: ParamRef | undefined): string {
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
