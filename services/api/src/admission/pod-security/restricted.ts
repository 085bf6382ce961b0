import type { Container } from '@kubus/shared/schema';
import {
  type Check,
  containersOf,
  distinct,
  namesWhere,
  plural,
  quoted,
  type Subject,
  theContainers,
  theSetters,
} from './check.ts';

/** kubernetes.io: "Pod Security Standards", Restricted: what it asks beyond Baseline. */
export const restricted: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    since: 8,
    find: (pod, minor) => (isWindows(pod, minor) ? undefined : escalation(pod)),
  },
  {
    id: 'capabilities_restricted',
    since: 22,
    overrides: ['capabilities_baseline'],
    find: (pod, minor) => (isWindows(pod, minor) ? undefined : capabilities(pod)),
  },
  { id: 'restrictedVolumes', overrides: ['hostPathVolumes'], find: volumes },
  { id: 'runAsNonRoot', find: nonRoot },
  { id: 'runAsUser', since: 23, find: user },
  {
    id: 'seccompProfile_restricted',
    since: 19,
    overrides: ['seccompProfile_baseline'],
    find: (pod, minor) => (isWindows(pod, minor) ? undefined : seccomp(pod)),
  },
];

/** Pods that say they are for Windows have none of these (since 1.25). */
function isWindows({ spec }: Subject, minor: number): boolean {
  return minor >= 25 && spec.os?.name === 'windows';
}

function escalation(pod: Subject) {
  const names = namesWhere(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (names.length === 0) return undefined;
  const detail = `${theContainers(names)} must set securityContext.allowPrivilegeEscalation=false`;
  return { reason: 'allowPrivilegeEscalation != false', detail };
}

function capabilities(pod: Subject) {
  const added = ({ securityContext }: Container): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
  const keeping = namesWhere(
    pod,
    ({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') !== true,
  );
  const adding = namesWhere(pod, (container) => added(container).length > 0);
  if (keeping.length + adding.length === 0) return undefined;
  const details: string[] = [];
  if (keeping.length > 0) details.push(`${theContainers(keeping)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adding.length > 0) {
    const all = quoted(distinct(containersOf(pod.spec).flatMap(added)));
    details.push(`${theContainers(adding)} must not include ${all} in securityContext.capabilities.add`);
  }
  return { reason: 'unrestricted capabilities', detail: details.join('; ') };
}

const allowedVolumes: ReadonlySet<string> = new Set([
  'name',
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

function volumes({ spec }: Subject) {
  const bad = (spec.volumes ?? []).flatMap((volume) => {
    const types = Object.entries(volume).filter(([type, source]) => source !== undefined && !allowedVolumes.has(type));
    return types.map(([type]) => ({ name: volume.name, type }));
  });
  if (bad.length === 0) return undefined;
  const types = distinct(bad.map(({ type }) => type));
  const subject = `${plural('volume', 'volumes', bad.length)} ${quoted(bad.map(({ name }) => name))}`;
  const detail = `${subject} ${plural('uses', 'use', bad.length)} restricted volume ${plural('type', 'types', types.length)} ${quoted(types)}`;
  return { reason: 'restricted volume types', detail };
}

function nonRoot(pod: Subject) {
  const own = pod.spec.securityContext?.runAsNonRoot;
  const refusing = namesWhere(pod, ({ securityContext }) => securityContext?.runAsNonRoot === false);
  const silent = namesWhere(pod, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  const details: string[] = [];
  if (refusing.length > 0 || own === false) {
    details.push(`${theSetters(own === false, refusing)} must not set securityContext.runAsNonRoot=false`);
  } else if (own !== true && silent.length > 0) {
    details.push(`pod or ${theContainers(silent)} must set securityContext.runAsNonRoot=true`);
  }
  return details.length === 0 ? undefined : { reason: 'runAsNonRoot != true', detail: details.join('; ') };
}

function user(pod: Subject) {
  const own = pod.spec.securityContext?.runAsUser === 0;
  const names = namesWhere(pod, ({ securityContext }) => securityContext?.runAsUser === 0);
  if (!own && names.length === 0) return undefined;
  return { reason: 'runAsUser=0', detail: `${theSetters(own, names)} must not set runAsUser=0` };
}

function seccomp(pod: Subject) {
  const isAllowed = (type: string): boolean => type === 'RuntimeDefault' || type === 'Localhost';
  const own = pod.spec.securityContext?.seccompProfile?.type;
  const typeOf = ({ securityContext }: Container): string | undefined => securityContext?.seccompProfile?.type;
  const refusing = namesWhere(pod, (container) => {
    const type = typeOf(container);
    return type !== undefined && !isAllowed(type);
  });
  const ownIsBad = own !== undefined && !isAllowed(own);
  if (ownIsBad || refusing.length > 0) {
    const types = [own, ...containersOf(pod.spec).map(typeOf)].filter((type) => type !== undefined && !isAllowed(type));
    const wrong = quoted(distinct(types as string[]));
    const detail = `${theSetters(ownIsBad, refusing)} must not set securityContext.seccompProfile.type to ${wrong}`;
    return { reason: 'seccompProfile', detail };
  }
  const silent = namesWhere(pod, (container) => typeOf(container) === undefined);
  if (own !== undefined || silent.length === 0) return undefined;
  const wanted = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  return { reason: 'seccompProfile', detail: `pod or ${theContainers(silent)} ${wanted}` };
}
