import { pods, statefulSets, templateOf, World } from '../../common/testing/world.ts';
import type { PersistentVolumeClaim, StatefulSet } from '../../common/types.ts';

export const newSet = (spec: Partial<StatefulSet['spec']> = {}): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace: 'shop' },
  spec: {
    replicas: 3,
    serviceName: 'db',
    selector: { matchLabels: { app: 'web' } },
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    revisionHistoryLimit: 10,
    template: templateOf('db:1'),
    ...spec,
  },
});

export const claimTemplate: PersistentVolumeClaim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'] },
};

/** A world with the StatefulSet `db` in it. */
export class SetWorld extends World {
  create(spec: Partial<StatefulSet['spec']> = {}): StatefulSet {
    return this.cluster.seed(statefulSets, newSet(spec));
  }

  set(): StatefulSet | undefined {
    return this.cluster.get<StatefulSet>(statefulSets).get('shop', 'db');
  }

  editSet(change: (set: StatefulSet) => void) {
    return this.editObject<StatefulSet>(statefulSets, 'db', change);
  }

  setImage(image: string) {
    return this.editSet(({ spec }) => Object.assign(spec, { template: templateOf(image) }));
  }

  scale(replicas: number) {
    return this.editSet(({ spec }) => Object.assign(spec, { replicas }));
  }

  names(): string[] {
    return this.pods().map(({ metadata }) => metadata.name);
  }

  images(): Record<string, string | undefined> {
    return Object.fromEntries(this.activePods().map((p) => [p.metadata.name, p.spec.containers[0]?.image]));
  }

  leaving(): string[] {
    return this.pods()
      .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
      .map(({ metadata }) => metadata.name);
  }

  /** Somebody deletes a pod. */
  remove(name: string) {
    return this.cluster.request({ ...pods, verb: 'delete', namespace: 'shop', name });
  }
}
