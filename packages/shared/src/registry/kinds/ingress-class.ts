import type { IngressClass } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { setIngressClassDefaults } from '../networking/defaults.ts';
import { validateIngressClass, validateIngressClassUpdate } from '../networking/validate-ingress-class.ts';

export const ingressClass: KindDeclaration<IngressClass> = {
  kind: 'IngressClass',
  plural: 'ingressclasses',
  singular: 'ingressclass',
  scope: 'Cluster',
  versions: [{ group: 'networking.k8s.io', version: 'v1', schema: 'io.k8s.api.networking.v1.IngressClass' }],
  strategy: {
    hasGeneration: true,
    setDefaults: setIngressClassDefaults,
    validate: validateIngressClass,
    validateUpdate: validateIngressClassUpdate,
  },
  table: {
    columns: [
      nameColumn,
      text('Controller', 'The controller that serves ingresses of the class.'),
      text('Parameters', 'What holds more of its configuration.'),
      ageColumn,
    ],
    cells: (object, now) => [
      object.metadata.name,
      object.spec?.controller ?? '',
      parametersCell(object),
      age(object, now),
    ],
  },
};

function parametersCell({ spec }: IngressClass): string {
  const { parameters } = spec ?? {};
  if (parameters === undefined) return '<none>';
  const { kind, apiGroup, name } = parameters;
  return `${apiGroup === undefined ? kind : `${kind}.${apiGroup}`}/${name}`;
}
