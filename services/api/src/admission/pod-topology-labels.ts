import type { GroupResource } from '@kubus/shared/object';
import type { Binding, Node, Pod } from '@kubus/shared/schema';
import type { LiveView } from '../storage/index.ts';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';

const topology = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** A pod has the zone and the region of its node as labels, unless it has some of its own (Kubernetes: PodTopologyLabels, KEP-4742). */
export class PodTopologyLabels implements AdmissionPlugin {
  readonly name = 'PodTopologyLabels';
  readonly #nodes: LiveView<Node>;

  constructor(nodes: LiveView<Node>) {
    this.#nodes = nodes;
  }

  concerns({ group, resource }: GroupResource, subresource: string, operation: AdmissionOperation): boolean {
    const isPod = group === '' && resource === 'pods' && (subresource === '' || subresource === 'binding');
    return isPod && operation === 'CREATE';
  }

  /** The labels of a binding become those of its pod. */
  admit({ object, subresource }: AdmissionRequest): void {
    const node = subresource === '' ? (object as Pod).spec?.nodeName : (object as Binding).target?.name;
    const labels = node === undefined ? undefined : this.#nodes.get('', node)?.metadata.labels;
    if (labels === undefined || object === undefined) return;
    const own = object.metadata.labels ?? {};
    for (const key of topology) {
      const value = labels[key];
      if (value !== undefined && own[key] === undefined)
        object.metadata.labels = { ...object.metadata.labels, [key]: value };
    }
  }
}
