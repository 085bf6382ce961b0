import { type FieldError, StatusError } from '../../errors/index.ts';
import { heldSpec, names } from '../../object/index.ts';
import type { Binding, Pod, PodCondition } from '../../schema/index.ts';
import type { Charge } from '../../store/index.ts';
import type { KindDeclaration, Subresource, WriteContext } from '../contract.ts';
import { field } from '../field.ts';
import { setContainerDefaults } from '../pod/defaults.ts';
import {
  podColumns,
  podRequests,
  qosClass,
  setPodDefaults,
  validatePod,
  validatePodCreate,
  validatePodStatus,
  validatePodUpdate,
} from '../pod/index.ts';
import { keepAllButResources, validateResize } from '../pod/resize.ts';
import { podWarnings } from '../pod/warnings.ts';
import { statusSubresource } from '../status.ts';

const schema = 'io.k8s.api.core.v1.Pod';
const responds = { group: '', version: 'v1', kind: 'Pod' };

export const pod: KindDeclaration<Pod> = {
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [{ group: '', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    hasGeneration: true,
    returnsDeleted: true,
    setDefaults: setPodDefaults,
    prepareForCreate,
    warnings: podWarnings,
    validate: validatePod,
    validateCreate: validatePodCreate,
    validateUpdate: validatePodUpdate,
    footprint: (object) => ({ charges: chargesOf(object) }),
    deletion: { gracePeriod },
  },
  subresources: [
    statusSubresource<Pod>(responds, schema, { validateUpdate: validatePodStatus }),
    {
      name: 'ephemeralcontainers',
      responds,
      schema,
      verbs: ['get', 'patch', 'update'],
      type: 'part',
      countsForGeneration: true,
      rules: { prepareForUpdate: keepAllButEphemeral, validate: validatePod, validateUpdate: validateEphemeral },
    },
    {
      name: 'resize',
      responds,
      schema,
      verbs: ['get', 'patch', 'update'],
      type: 'part',
      countsForGeneration: true,
      rules: { prepareForUpdate: keepAllButResources, validate: validatePod, validateUpdate: validateResize },
    },
    {
      name: 'binding',
      responds: { group: '', version: 'v1', kind: 'Binding' },
      schema: 'io.k8s.api.core.v1.Binding',
      verbs: ['create'],
      type: 'transform',
      enforceCharges: true,
      validate: (body) => validateBinding(body as Binding),
      transform: (object, body, context) => bind(object, body as Binding, context),
    },
    {
      name: 'eviction',
      responds: { group: 'policy', version: 'v1', kind: 'Eviction' },
      schema: 'io.k8s.api.policy.v1.Eviction',
      verbs: ['create'],
      type: 'action',
    },
    connect('attach', 'PodAttachOptions', 'create'),
    connect('exec', 'PodExecOptions', 'create'),
    connect('log', 'Pod'),
    connect('portforward', 'PodPortForwardOptions', 'create'),
    connect('proxy', 'PodProxyOptions'),
  ],
  table: podColumns,
  fields: {
    'spec.nodeName': (object) => object.spec?.nodeName ?? '',
    'spec.restartPolicy': (object) => object.spec?.restartPolicy ?? '',
    'spec.schedulerName': (object) => object.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (object) => object.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (object) => String(object.spec?.hostNetwork ?? false),
    'status.phase': (object) => object.status?.phase ?? '',
    'status.podIP': (object) => object.status?.podIP ?? '',
    'status.nominatedNodeName': (object) => object.status?.nominatedNodeName ?? '',
  },
  triggers: ['spec.nodeName'],
};

/** Streams. Opening one changes something (a process, a connection): it needs `create` even where WebSocket asks by GET. */
function connect(name: string, kind: string, authorizeAs?: 'create'): Subresource<Pod> {
  return {
    name,
    responds: { group: '', version: 'v1', kind },
    schema: `io.k8s.api.core.v1.${kind}`,
    verbs:
      name === 'log' ? ['get'] : name === 'proxy' ? ['create', 'delete', 'get', 'patch', 'update'] : ['create', 'get'],
    type: 'connect',
    ...(name === 'proxy' ? { proxied: true } : {}),
    ...(authorizeAs === undefined ? {} : { authorizeAs }),
  };
}

function prepareForCreate(object: Pod, { now }: WriteContext): void {
  object.status = { phase: 'Pending', qosClass: qosClass(object) };
  if ((object.spec?.schedulingGates ?? []).length > 0) {
    object.status.conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
        lastTransitionTime: now,
      },
    ];
  }
}

/** A bound pod that has not ended uses what it asks for on its node, or still has there. */
function chargesOf(pod: Pod): Charge[] {
  const { spec, status } = pod;
  const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  if (!spec?.nodeName || ended) return [];
  const amounts = Object.fromEntries([...podRequests(heldSpec(pod)), ['pods', 1]]) as Record<string, number>;
  return [{ account: `node/${spec.nodeName}`, amounts, enforce: false }];
}

/** Seconds in which its node ends it. A pod that no node runs goes at once (pkg/registry/core/pod CheckGracefulDelete). */
function gracePeriod({ spec, status }: Pod, requested: number | undefined): number {
  const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  if (!spec?.nodeName || ended) return 0;
  const period = requested ?? spec.terminationGracePeriodSeconds ?? 30;
  return period < 0 ? 1 : period;
}

function validateBinding({ target }: Binding): FieldError[] {
  const { kind = '', name = '' } = target ?? {};
  const errors: FieldError[] = [];
  if (kind !== '' && kind !== 'Node') errors.push(field.notSupported('target.kind', kind, ['Node', '<empty>']));
  if (name === '') errors.push(field.required('target.name'));
  else errors.push(...field.invalids('target.name', name, names.dnsSubdomain(name)));
  return errors;
}

/** Assigns a pod to a node (pkg/registry/core/pod/storage BindingREST). */
function bind(object: Pod, { metadata, target }: Binding, { now }: WriteContext): Pod {
  const { spec, status } = object;
  const { name } = object.metadata;
  if (metadata.uid && metadata.uid !== object.metadata.uid) {
    throw refusal(
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${object.metadata.uid}`,
    );
  }
  if (object.metadata.deletionTimestamp !== undefined) {
    throw refusal(name, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (spec?.nodeName) throw refusal(name, `pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
  if (spec === undefined || (spec.schedulingGates ?? []).length > 0) {
    throw refusal(name, `pod ${name} has non-empty .spec.schedulingGates`);
  }
  const scheduled: PodCondition = { type: 'PodScheduled', status: 'True', lastTransitionTime: now };
  const others = (status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  return {
    ...object,
    metadata: withMetadataOf(object.metadata, metadata),
    spec: { ...spec, nodeName: target.name as string },
    status: { ...status, conditions: [...others, scheduled] } as NonNullable<Pod['status']>,
  };
}

/** A binding's annotations and labels become those of its pod; labels that the pod has stay as they are. */
function withMetadataOf(metadata: Pod['metadata'], { annotations, labels }: Binding['metadata']): Pod['metadata'] {
  return {
    ...metadata,
    ...(annotations && { annotations: { ...metadata.annotations, ...annotations } }),
    ...(labels && { labels: { ...labels, ...metadata.labels } }),
  };
}

function refusal(name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on pods/binding ${JSON.stringify(name)}: ${why}`;
  return new StatusError('Conflict', message, { name, kind: 'pods/binding' });
}

/** Of all that is sent, the ephemeral containers are taken, with their defaults. */
function keepAllButEphemeral(object: Pod, old: Pod): void {
  const sent = object.spec?.ephemeralContainers ?? [];
  for (const container of sent) setContainerDefaults(container);
  if (old.spec !== undefined) object.spec = { ...old.spec, ephemeralContainers: sent };
  if (old.status !== undefined) object.status = old.status;
  object.metadata = { ...old.metadata };
}

function validateEphemeral(object: Pod, old: Pod): FieldError[] {
  const names = new Set((object.spec?.ephemeralContainers ?? []).map(({ name }) => name));
  const lost = (old.spec?.ephemeralContainers ?? []).filter(({ name }) => !names.has(name));
  return lost.map(({ name }) =>
    field.forbidden(
      'spec.ephemeralContainers',
      `existing ephemeral containers ${JSON.stringify(name)} may not be removed\n`,
    ),
  );
}
