import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { Node, Taint } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field } from '../field.ts';
import { amount } from '../pod/index.ts';
import { quantityErrors } from '../pod/validate-resources.ts';
import { statusSubresource } from '../status.ts';

const schema = 'io.k8s.api.core.v1.Node';
const responds = { group: '', version: 'v1', kind: 'Node' };
const rolePrefix = 'node-role.kubernetes.io/';
const roleLabel = 'kubernetes.io/role';

export const node: KindDeclaration<Node> = {
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  scope: 'Cluster',
  versions: [{ group: '', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    // A node says what it has when it registers.
    keepsStatusOnCreate: true,
    setDefaults(object) {
      if (object.status?.capacity !== undefined) object.status.allocatable ??= { ...object.status.capacity };
    },
    validate,
    validateUpdate,
    /** What pods bound to the node may ask for together: the account that bindings are checked against. */
    footprint: (object) => ({ limits: [{ account: `node/${object.metadata.name}`, limits: allocatable(object) }] }),
  },
  subresources: [
    statusSubresource<Node>(responds, schema, { validate }),
    {
      name: 'proxy',
      responds: { group: '', version: 'v1', kind: 'NodeProxyOptions' },
      schema: 'io.k8s.api.core.v1.NodeProxyOptions',
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
      type: 'connect',
      proxied: true,
    },
  ],
  table: {
    columns: [
      nameColumn,
      text('Status', 'The status of the node'),
      text('Roles', 'The roles of the node'),
      ageColumn,
      text('Version', 'Version that the node reports.'),
      text('Internal-IP', 'Address inside the cluster.', 1),
      text('External-IP', 'Address outside of the cluster.', 1),
      text('OS-Image', 'Operating system that the node reports.', 1),
      text('Kernel-Version', 'Kernel that the node reports.', 1),
      text('Container-Runtime', 'What runs its containers, and its version.', 1),
    ],
    cells: (object, now) => [
      object.metadata.name,
      statusCell(object),
      rolesCell(object),
      age(object, now),
      object.status?.nodeInfo?.kubeletVersion ?? '',
      addressCell(object, 'InternalIP'),
      addressCell(object, 'ExternalIP'),
      object.status?.nodeInfo?.osImage || '<unknown>',
      object.status?.nodeInfo?.kernelVersion || '<unknown>',
      object.status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
    ],
  },
  fields: { 'spec.unschedulable': (object) => String(object.spec?.unschedulable ?? false) },
};

function allocatable({ status }: Node): Record<string, number> {
  return Object.fromEntries(
    Object.entries(status?.allocatable ?? {}).map(([name, quantity]) => [name, amount(name, quantity)]),
  );
}

function statusCell({ status, spec }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

function rolesCell({ metadata }: Node): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return key.length > rolePrefix.length ? [key.slice(rolePrefix.length)] : [];
    return key === roleLabel && value !== '' ? [value] : [];
  });
  return [...new Set(roles)].sort().join(',') || '<none>';
}

function addressCell({ status }: Node, type: string): string {
  return status?.addresses?.find((address) => address.type === type)?.address ?? '<none>';
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function validate(object: Node): FieldError[] {
  const errors = validateTaints(object.spec?.taints ?? []);
  for (const list of ['capacity', 'allocatable'] as const) {
    for (const [name, quantity] of Object.entries(object.status?.[list] ?? {})) {
      errors.push(...quantityErrors(quantity, field.key(`status.${list}`, name)));
    }
  }
  return errors;
}

function validateTaints(taints: readonly Taint[]): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, i) => {
    const { key, value = '', effect } = taint;
    const where = `spec.taints[${i}]`;
    const errors = field.invalids(`${where}.key`, key, names.qualifiedName(key));
    errors.push(...field.invalids(`${where}.value`, value, names.labelValueErrors(value)));
    if (!effect) errors.push(field.required(`${where}.effect`));
    else if (!effects.includes(effect)) errors.push(field.notSupported(`${where}.effect`, effect, effects));
    const unique = `${key} ${effect}`;
    if (seen.has(unique)) {
      errors.push(field.duplicate(where, taint));
    }
    seen.add(unique);
    return errors;
  });
}

function validateUpdate(object: Node, old: Node): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['podCIDR', 'providerID'] as const) {
    const before = old.spec?.[name] ?? '';
    if (before !== '' && before !== (object.spec?.[name] ?? '')) {
      errors.push(field.forbidden(`spec.${name}`, 'node updates may not change this once it is set'));
    }
  }
  return errors;
}
