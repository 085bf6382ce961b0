import type { FieldError } from '../../errors/index.ts';
import { type KubeObject, names } from '../../object/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration, WriteContext } from '../contract.ts';
import { field } from '../field.ts';
import { statusSubresource } from '../status.ts';

const group = 'apiregistration.k8s.io';
const schema = 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService';

/** apiregistration.k8s.io/v1: who serves a group version; without a service, this api itself. */
export interface ApiService extends KubeObject {
  spec?: ApiServiceSpec;
  status?: { conditions?: ApiServiceCondition[] };
}

interface ApiServiceSpec {
  service?: { namespace?: string; name?: string; port?: number };
  group?: string;
  version?: string;
  insecureSkipTLSVerify?: boolean;
  /** base64 of PEM. */
  caBundle?: string;
  groupPriorityMinimum: number;
  versionPriority: number;
}

export interface ApiServiceCondition {
  type: string;
  status: string;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
}

export const apiService: KindDeclaration<ApiService> = {
  kind: 'APIService',
  plural: 'apiservices',
  singular: 'apiservice',
  categories: ['api-extensions'],
  scope: 'Cluster',
  versions: [{ group, version: 'v1', schema }],
  strategy: {
    takesShortFinalizers: true,
    hasStatus: true,
    setDefaults,
    prepareForCreate,
    validateName: (name) => names.pathSegmentName(name),
    validate,
    validateUpdate,
  },
  subresources: [statusSubresource<ApiService>({ group, version: 'v1', kind: 'APIService' }, schema)],
  table: {
    columns: [
      nameColumn,
      text('Service', 'The reference to the service that hosts this API endpoint.'),
      text('Available', 'Whether this service is available.'),
      ageColumn,
    ],
    cells: (object, now) => [object.metadata.name, serviceCell(object), availableCell(object), age(object, now)],
  },
};

function setDefaults({ spec }: ApiService): void {
  if (spec?.service !== undefined) spec.service.port ??= 443;
}

/** Where the group version is served by this api itself, nobody has to be asked. */
export const localCondition = {
  type: 'Available',
  status: 'True',
  reason: 'Local',
  message: 'Local APIServices are always available',
} as const;

function prepareForCreate(object: ApiService, { now }: WriteContext): void {
  if (object.spec?.service !== undefined) return;
  object.status = { conditions: [{ ...localCondition, lastTransitionTime: now }] };
}

function serviceCell({ spec }: ApiService): string {
  const { service } = spec ?? {};
  return service === undefined ? 'Local' : `${service.namespace ?? ''}/${service.name ?? ''}`;
}

function availableCell({ status }: ApiService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available');
  if (condition === undefined) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`;
}

/** kube-aggregator/pkg/apis/apiregistration/validation. */
function validate({ metadata, spec }: ApiService): FieldError[] {
  const { group: of = '', version = '', groupPriorityMinimum = 0, versionPriority = 0, service } = spec ?? {};
  const errors: FieldError[] = [];
  if (metadata.name !== `${version}.${of}`) {
    errors.push(field.invalid('metadata.name', metadata.name, '`spec.version+"."+spec.group`'));
  }
  if (version === '') errors.push(field.required('spec.version'));
  else errors.push(...field.invalids('spec.version', version, names.dns1035Label(version)));
  if (of !== '') errors.push(...field.invalids('spec.group', of, names.dnsSubdomain(of)));
  errors.push(...within('spec.groupPriorityMinimum', groupPriorityMinimum, 20_000));
  errors.push(...within('spec.versionPriority', versionPriority, 1000));
  return [...errors, ...(service === undefined ? localErrors(spec) : serviceErrors(spec as ApiServiceSpec))];
}

function within(path: string, value: number, max: number): FieldError[] {
  return value > 0 && value <= max
    ? []
    : [field.invalid(path, value, `must be positive and less than or equal to ${max}`)];
}

function localErrors(spec: ApiServiceSpec | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (spec?.caBundle)
    errors.push(
      field.invalid('spec.caBundle', `${spec.caBundle.length} bytes`, 'local APIServices may not have a caBundle'),
    );
  if (spec?.insecureSkipTLSVerify === true) {
    errors.push(
      field.invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'),
    );
  }
  return errors;
}

function serviceErrors({ service, insecureSkipTLSVerify, caBundle }: ApiServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (!service?.namespace) errors.push(field.required('spec.service.namespace'));
  if (!service?.name) errors.push(field.required('spec.service.name'));
  const port = service?.port ?? 443;
  if (port < 1 || port > 65_535) {
    errors.push(field.invalid('spec.service.port', port, 'port is not valid: must be between 1 and 65535, inclusive'));
  }
  if (insecureSkipTLSVerify === true && caBundle) {
    errors.push(field.invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
  }
  return errors;
}

function validateUpdate(object: ApiService, old: ApiService): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['group', 'version'] as const) {
    if (object.spec?.[name] !== old.spec?.[name]) {
      errors.push(field.invalid(`spec.${name}`, object.spec?.[name] ?? '', 'field is immutable'));
    }
  }
  return errors;
}
