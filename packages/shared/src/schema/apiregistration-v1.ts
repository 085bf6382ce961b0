import type { FieldFacts, PackageFacts } from './facts.ts';

/** Facts of apiregistration.k8s.io/v1, whose types are not among the sources that the generator reads. */
const name = 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const own = (type: string): string => `${name}.${type}`;

function field(name: string, number: number, type: string, options: Partial<FieldFacts> = {}): FieldFacts {
  return { name, number, type, ...options };
}
const optional = { omitempty: true } as const;
const pointer = { omitempty: true, pointer: true } as const;

export const apiregistrationV1: PackageFacts = {
  name,
  group: 'apiregistration.k8s.io',
  version: 'v1',
  types: {
    [own('APIService')]: {
      document: true,
      fields: [
        field('metadata', 1, `${META}.ObjectMeta`, optional),
        field('spec', 2, own('APIServiceSpec'), optional),
        field('status', 3, own('APIServiceStatus'), optional),
      ],
    },
    [own('APIServiceSpec')]: {
      fields: [
        field('service', 1, own('ServiceReference'), pointer),
        field('group', 2, 'string', optional),
        field('version', 3, 'string', optional),
        field('insecureSkipTLSVerify', 4, 'bool', optional),
        field('caBundle', 5, 'bytes', { ...optional, listType: 'atomic' }),
        field('groupPriorityMinimum', 7, 'int32', { required: true }),
        field('versionPriority', 8, 'int32', { required: true }),
      ],
    },
    [own('ServiceReference')]: {
      fields: [
        field('namespace', 1, 'string', optional),
        field('name', 2, 'string', optional),
        field('port', 3, 'int32', pointer),
      ],
    },
    [own('APIServiceStatus')]: {
      fields: [
        field('conditions', 1, own('APIServiceCondition'), {
          list: true,
          omitempty: true,
          listType: 'map',
          listMapKeys: ['type'],
          patchStrategy: 'merge',
          patchMergeKey: 'type',
        }),
      ],
    },
    [own('APIServiceCondition')]: {
      fields: [
        field('type', 1, 'string', { required: true }),
        field('status', 2, 'string', { required: true }),
        field('lastTransitionTime', 3, 'Time', optional),
        field('reason', 4, 'string', optional),
        field('message', 5, 'string', optional),
      ],
    },
  },
};
