import type { FieldError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { equal, field } from '@kubus/shared/registry';
import type { FlowSchema, PriorityLevelConfiguration } from '@kubus/shared/schema';
import { bootstrapFlowSchemas, bootstrapPriorityLevels, mandatory } from './bootstrap.ts';

const fixed = <T extends KubeObject>(all: readonly T[]): Map<string, T> =>
  new Map(all.filter(({ metadata }) => mandatory.has(metadata.name)).map((one) => [one.metadata.name, one]));

/** The flow schemas that every cluster relies on stay what they are (pkg/apis/flowcontrol/validation ValidateFlowSchema). */
export function mandatoryFlowSchemas(): (object: FlowSchema) => FieldError[] {
  const all = fixed(bootstrapFlowSchemas());
  return ({ metadata: { name }, spec }) => {
    const ours = all.get(name);
    if (ours === undefined || equal(spec, ours.spec)) return [];
    return [field.invalid('spec', spec, `spec of '${name}' must equal the fixed value`)];
  };
}

/** The same of priority levels; how much the exempt one lends may be changed (ValidateIfMandatoryPriorityLevelConfigurationObject). */
export function mandatoryPriorityLevels(): (object: PriorityLevelConfiguration) => FieldError[] {
  const all = fixed(bootstrapPriorityLevels());
  return ({ metadata: { name }, spec }) => {
    const ours = all.get(name);
    const wanted = name === 'exempt' ? { ...ours?.spec, exempt: spec?.exempt } : ours?.spec;
    if (ours === undefined || equal(spec, wanted)) return [];
    const part = name === 'exempt' ? " except the 'spec.exempt' field" : '';
    return [field.invalid('spec', spec, `spec of '${name}'${part} must equal the fixed value`)];
  };
}
