import type { KubeObject } from '@kubus/shared/object';
import type { Ingress, IngressClass, PersistentVolumeClaim, StorageClass } from '@kubus/shared/schema';
import type { LiveView } from '../storage/index.ts';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';

interface Defaulting<C extends KubeObject> {
  name: string;
  group: string;
  resource: string;
  /** Annotations by which a class says that it is everybody's. */
  marks: readonly string[];
  classes: LiveView<C>;
  /** Whether the object leaves its class open. */
  isOpen(object: KubeObject): boolean;
  set(object: KubeObject, name: string): void;
}

/** What names no class gets the one that is marked as everybody's; of several the youngest. */
class DefaultClass<C extends KubeObject> implements AdmissionPlugin {
  readonly name: string;
  readonly #defaulting: Defaulting<C>;

  constructor(defaulting: Defaulting<C>) {
    this.name = defaulting.name;
    this.#defaulting = defaulting;
  }

  concerns(resource: { group: string; resource: string }, subresource: string, operation: AdmissionOperation): boolean {
    const { group, resource: name } = this.#defaulting;
    return operation === 'CREATE' && subresource === '' && resource.group === group && resource.resource === name;
  }

  admit({ object }: AdmissionRequest): void {
    const { isOpen, set } = this.#defaulting;
    if (object === undefined || !isOpen(object)) return;
    const found = this.#marked();
    if (found !== undefined) set(object, found.metadata.name);
  }

  #marked(): C | undefined {
    const { marks, classes } = this.#defaulting;
    const isMarked = ({ metadata }: C): boolean => marks.some((mark) => metadata.annotations?.[mark] === 'true');
    return [...classes.values()].filter(isMarked).sort(youngestFirst)[0];
  }
}

function youngestFirst({ metadata: a }: KubeObject, { metadata: b }: KubeObject): number {
  const [made, other] = [a.creationTimestamp ?? '', b.creationTimestamp ?? ''];
  if (made !== other) return made < other ? 1 : -1;
  return a.name < b.name ? -1 : 1;
}

const storageAnnotation = 'volume.beta.kubernetes.io/storage-class';
const ingressAnnotation = 'kubernetes.io/ingress.class';

/** Kubernetes: DefaultStorageClass */
export function defaultStorageClass(classes: LiveView<StorageClass>): AdmissionPlugin {
  return new DefaultClass({
    name: 'DefaultStorageClass',
    group: '',
    resource: 'persistentvolumeclaims',
    marks: ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'],
    classes,
    isOpen: (object) =>
      (object as PersistentVolumeClaim).spec?.storageClassName === undefined &&
      !Object.hasOwn(object.metadata.annotations ?? {}, storageAnnotation),
    set: (object, name) => {
      const claim = object as PersistentVolumeClaim;
      claim.spec = { ...claim.spec, storageClassName: name };
    },
  });
}

/** Kubernetes: DefaultIngressClass */
export function defaultIngressClass(classes: LiveView<IngressClass>): AdmissionPlugin {
  return new DefaultClass({
    name: 'DefaultIngressClass',
    group: 'networking.k8s.io',
    resource: 'ingresses',
    marks: ['ingressclass.kubernetes.io/is-default-class'],
    classes,
    isOpen: (object) =>
      (object as Ingress).spec?.ingressClassName === undefined &&
      !Object.hasOwn(object.metadata.annotations ?? {}, ingressAnnotation),
    set: (object, name) => {
      const ingress = object as Ingress;
      ingress.spec = { ...ingress.spec, ingressClassName: name };
    },
  });
}
