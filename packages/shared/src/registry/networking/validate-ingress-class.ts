import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { IngressClass, IngressClassParametersReference } from '../../schema/index.ts';
import { field, immutable } from '../field.ts';
import { domainPrefixedPathErrors, typedReferenceErrors } from './references.ts';

const MAX_CONTROLLER = 250;
const scopes = ['Cluster', 'Namespace'];

/** pkg/apis/networking/validation ValidateIngressClass. */
export function validateIngressClass({ spec = {} }: IngressClass): FieldError[] {
  const { controller = '', parameters } = spec;
  return [
    ...(controller.length > MAX_CONTROLLER ? [field.tooLong('spec.controller', MAX_CONTROLLER)] : []),
    ...domainPrefixedPathErrors(controller, 'spec.controller'),
    ...(parameters === undefined ? [] : parametersErrors(parameters, 'spec.parameters')),
  ];
}

function parametersErrors(parameters: IngressClassParametersReference, where: string): FieldError[] {
  const { scope, namespace } = parameters;
  const errors = typedReferenceErrors(parameters, where);
  if (scope === undefined) return [...errors, field.required(`${where}.scope`)];
  if (!scopes.includes(scope)) errors.push(field.notSupported(`${where}.scope`, scope, scopes));
  if (scope === 'Namespace') {
    if (namespace === undefined) {
      errors.push(field.required(`${where}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    } else errors.push(...field.invalids(`${where}.namespace`, namespace, names.dnsLabel(namespace)));
  }
  if (scope === 'Cluster' && namespace !== undefined) {
    errors.push(field.forbidden(`${where}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  }
  return errors;
}

export function validateIngressClassUpdate({ spec }: IngressClass, { spec: old }: IngressClass): FieldError[] {
  if (spec?.controller === old?.controller) return [];
  return [field.invalid('spec.controller', spec?.controller ?? '', immutable)];
}
