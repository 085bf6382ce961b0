import type { KubeObject, OwnerReference } from '@kubus/shared/object';
import type { ControllerDriver } from '@kubus/testkit';
import { configMaps, World } from '../../common/testing/world.ts';

export type Owner = { object: KubeObject; block?: boolean };

export const ref = ({ object, block = false }: Owner): OwnerReference => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  name: object.metadata.name,
  uid: object.metadata.uid ?? '',
  ...(block ? { blockOwnerDeletion: true } : {}),
});

/** An owner that is not there. */
export const gone: OwnerReference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'uid-of-gone' };

/** ConfigMaps of one namespace that own each other, and the garbage collector. */
export class Family {
  readonly world = new World();
  readonly cluster = this.world.cluster;

  start(): ControllerDriver {
    return this.world.start('garbage-collector');
  }

  seed(name: string, owners: (Owner | OwnerReference)[] = [], metadata: Partial<KubeObject['metadata']> = {}) {
    const ownerReferences = owners.map((owner) => ('object' in owner ? ref(owner) : owner));
    return this.cluster.seed(configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'shop', uid: `uid-of-${name}`, ownerReferences, ...metadata },
    });
  }

  names(): string[] {
    const all = this.cluster.get(configMaps).list();
    return all.map(({ metadata }) => metadata.name);
  }

  get(name: string): KubeObject | undefined {
    return this.cluster.get(configMaps).get('shop', name);
  }

  owners(name: string): string[] | undefined {
    return this.get(name)?.metadata.ownerReferences?.map((owner) => owner.name);
  }

  async remove(name: string, propagationPolicy = 'Background'): Promise<void> {
    const what = { ...configMaps, namespace: 'shop', name };
    await this.cluster.request({ ...what, verb: 'delete', body: { propagationPolicy } });
  }
}
