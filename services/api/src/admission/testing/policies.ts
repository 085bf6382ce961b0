import { afterAll, afterEach, beforeAll } from 'vitest';
import { admin, type Client, core, startCluster, type TestCluster } from '../../pipeline/testing/cluster.ts';
import { type ConfigurationResource, install, uninstall } from './configurations.ts';

export const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
export const deployments = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'default' } as const;

const configurations: ConfigurationResource[] = [
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
];

export const rules = (resources: string[], operations = ['CREATE', 'UPDATE'], apiGroups = ['']) => ({
  resourceRules: [{ operations, apiGroups, apiVersions: ['v1'], resources }],
});

/** The cluster of a test file about policies, in which every test begins without any. */
export class PolicyCluster {
  cluster!: TestCluster;
  client!: Client;

  /** Starts before the file's tests and stops after them. */
  constructor() {
    beforeAll(async () => {
      this.cluster = await startCluster();
      this.client = this.cluster.as(admin);
    }, 60_000);
    afterEach(async () => {
      for (const resource of configurations) await uninstall(this.cluster, resource);
      for (const target of [maps, deployments]) await this.client.send({ ...target, verb: 'deletecollection' });
    });
    afterAll(() => this.cluster.stop());
  }

  async validating(spec: object, binding: object = {}, name = 'rule'): Promise<void> {
    const standard = { failurePolicy: 'Fail', matchConstraints: rules(['configmaps']) };
    await install(this.cluster, 'validatingadmissionpolicies', name, { spec: { ...standard, ...spec } });
    const bound = { policyName: name, validationActions: ['Deny'], ...binding };
    await install(this.cluster, 'validatingadmissionpolicybindings', `${name}-binding`, { spec: bound });
  }

  async mutating(spec: object, binding: object = {}, name = 'change'): Promise<void> {
    const standard = { failurePolicy: 'Fail', reinvocationPolicy: 'Never', matchConstraints: rules(['configmaps']) };
    await install(this.cluster, 'mutatingadmissionpolicies', name, { spec: { ...standard, ...spec } });
    await install(this.cluster, 'mutatingadmissionpolicybindings', `${name}-binding`, {
      spec: { policyName: name, ...binding },
    });
  }
}

export function deployment(name: string, replicas: number): object {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
  return { metadata: { name }, spec: { replicas, selector: { matchLabels: { a: 'b' } }, template } };
}
