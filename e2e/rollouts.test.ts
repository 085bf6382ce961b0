import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, root, startCluster } from './harness/index.ts';

let cluster: Cluster;

beforeAll(async () => {
  const env = { KUBUS_SIM_START_DELAY: '10ms', KUBUS_SIM_STOP_DELAY: '10ms' };
  cluster = await startCluster({ args: ['--runtime', 'sim', '--nodes', '4'], env });
});
afterAll(async () => {
  await cluster?.destroy();
});

const k = (command: string) => cluster.kubectl(...command.split(' '));

async function apply(object: object): Promise<void> {
  const { code, stderr } = await cluster.tryKubectl(['apply', '-f', '-'], { input: JSON.stringify(object) });
  if (code !== 0) throw new Error(stderr);
}

const workload = (kind: string, name: string, spec: object) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: 'app:1' }] },
    },
    ...spec,
  },
});

const images = async (name: string) => {
  const path = '{range .items[*]}{.spec.containers[0].image}{" "}{end}';
  const words = (await cluster.kubectl('get', 'pods', '-l', `app=${name}`, '-o', `jsonpath=${path}`)).trim().split(' ');
  return [...new Set(words)].sort();
};

const kinds = [
  ['deployment', workload('Deployment', 'web', { replicas: 3 })],
  ['statefulset', workload('StatefulSet', 'db', { replicas: 3, serviceName: 'db' })],
  ['daemonset', workload('DaemonSet', 'logs', {})],
] as const;

describe.each(kinds)('a %s', (kind, object) => {
  const { name } = object.metadata;
  const target = `${kind}/${name}`;
  const status = () => k(`rollout status ${target} --timeout=120s`);
  // Pods that are on their way out are not waited for by a rollout.
  const runs = (image: string) => eventually(async () => expect(await images(name)).toEqual([image]));

  it('rolls out, tells its history, and is undone', async () => {
    await apply(object);
    expect(await status()).toMatch(/successfully rolled out|roll out complete|rolling update complete/);
    await k(`annotate ${target} kubernetes.io/change-cause=second`);
    await k(`set image ${target} main=app:2`);
    await status();
    await runs('app:2');
    const history = await k(`rollout history ${target}`);
    expect(history).toMatch(/REVISION +CHANGE-CAUSE\n1 /);
    expect(history).toMatch(/^2 +second$/m);
    expect(await k(`rollout history ${target} --revision=1`)).toContain('app:1');
    await k(`rollout undo ${target}`);
    await status();
    await runs('app:1');
    expect(await k(`rollout history ${target}`)).toMatch(/^3 /m);
    // kubectl compares the bytes of the revision with those it would make of the template.
    const again = await k(`rollout undo ${target} --to-revision=3`);
    expect(again).toContain('skipped rollback (current template already matches revision 3)');
  });

  it('is restarted', async () => {
    const uids = () => k(`get pods -l app=${name} -o jsonpath={.items[*].metadata.uid}`);
    const before = new Set((await uids()).split(' '));
    await k(`rollout restart ${target}`);
    await status();
    await eventually(async () => {
      const after = (await uids()).split(' ');
      if (after.length !== before.size || after.some((uid) => before.has(uid))) throw new Error(after.join());
    });
  });
});

it('kubectl set changes environment, resources and service account, selectors and subjects', async () => {
  await k('create serviceaccount runner');
  await k('set env deployment/web COLOR=blue');
  await k('set resources deployment/web --limits=memory=64Mi');
  await k('set serviceaccount deployment/web runner');
  await k('rollout status deployment/web --timeout=120s');
  const { spec } = await cluster.getJson<{ spec: { template: { spec: object } } }>('deployment/web');
  expect(spec.template.spec).toMatchObject({
    serviceAccountName: 'runner',
    containers: [{ env: [{ name: 'COLOR', value: 'blue' }], resources: { limits: { memory: '64Mi' } } }],
  });
  await k('create service clusterip web --tcp=80');
  await k('set selector service/web tier=front');
  expect(await k('get service web -o jsonpath={.spec.selector}')).toBe('{"tier":"front"}');
  await k('create rolebinding viewers --clusterrole=view --user=eve');
  await k('set subject rolebinding/viewers --user=adam');
  expect(await k('get rolebinding viewers -o jsonpath={.subjects[*].name}')).toBe('eve adam');
});

it('a drain waits for the disruption budget, and leaves daemons where they are', async () => {
  for (const [kind, object] of kinds) {
    await apply(object);
    await k(`rollout status ${kind}/${object.metadata.name} --timeout=120s`);
  }
  await k('create poddisruptionbudget web --selector=app=web --min-available=3');
  await eventually(async () => {
    const allowed = await k('get pdb web -o jsonpath={.status.currentHealthy}/{.status.disruptionsAllowed}');
    if (allowed !== '3/0') throw new Error(allowed);
  });
  const node = await k('get pods -l app=web -o jsonpath={.items[0].spec.nodeName}');
  const drain = ['drain', node, '--ignore-daemonsets', '--timeout=8s', '--pod-selector=app=web'];
  const refused = await cluster.tryKubectl(drain);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
  await k('patch pdb web --type=merge -p {"spec":{"minAvailable":2}}');
  await k(`drain ${node} --ignore-daemonsets --timeout=120s`);
  await k('rollout status deployment/web --timeout=120s');
  const left = await k(`get pods --field-selector=spec.nodeName=${node} -o jsonpath={.items[*].metadata.labels.app}`);
  expect(left).toBe('logs');
  await eventually(async () =>
    expect(await k('get pdb web -o jsonpath={.status.currentHealthy}/{.status.desiredHealthy}')).toBe('3/2'),
  );
  await k(`uncordon ${node}`);
});

it('a budget asks a StatefulSet by its scale for how many pods there are to be', async () => {
  await apply(kinds[1][1]);
  await k('rollout status statefulset/db --timeout=120s');
  await k('create poddisruptionbudget db --selector=app=db --max-unavailable=34%');
  await eventually(async () => {
    const path = '{.status.expectedPods}/{.status.desiredHealthy}/{.status.disruptionsAllowed}';
    const counts = await k(`get pdb db -o jsonpath=${path}`);
    if (counts !== '3/1/2') throw new Error(counts);
  });
  await k('scale statefulset/db --replicas=1');
  await eventually(async () => {
    const counts = await k('get pdb db -o jsonpath={.status.expectedPods}');
    if (counts !== '1') throw new Error(counts);
  });
});

it('a claim that is deleted stays until the last pod on a node that uses it is gone', async () => {
  const nodeName = await k('get nodes -o jsonpath={.items[0].metadata.name}');
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  await apply({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'used' }, spec });
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'used' } }];
  const pod = { nodeName, terminationGracePeriodSeconds: 1, volumes, containers: [{ name: 'main', image: 'app:1' }] };
  await apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'user' }, spec: pod });
  await k('wait pod/user --for=condition=PodScheduled --timeout=60s');
  await k('delete pvc used --wait=false');
  const held = await k('get pvc used -o jsonpath={.metadata.deletionTimestamp}/{.metadata.finalizers[0]}');
  expect(held).toMatch(/^\d{4}-.*\/kubernetes.io\/pvc-protection$/);
  await k('delete pod user');
  await k('wait pvc/used --for=delete --timeout=120s');
});

it('a StatefulSet makes its claims, and lets them go with it where it is to', async () => {
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  const persistentVolumeClaimRetentionPolicy = { whenScaled: 'Retain', whenDeleted: 'Delete' };
  const spec = {
    replicas: 2,
    serviceName: 'kept',
    volumeClaimTemplates: [claim],
    persistentVolumeClaimRetentionPolicy,
  };
  await apply(workload('StatefulSet', 'kept', spec));
  const claims = async () => (await k('get pvc -l app=kept -o jsonpath={.items[*].metadata.name}')).split(' ');
  await eventually(async () => expect(await claims()).toContain('data-kept-0'), 30_000);
  const owners = '{.metadata.ownerReferences[*].name} {.metadata.finalizers[*]}';
  await eventually(async () => {
    expect(await k(`get pvc data-kept-0 -o jsonpath=${owners.replace(' ', '/')}`)).toBe(
      'kept/kubernetes.io/pvc-protection',
    );
  }, 30_000);
  await k('delete statefulset kept');
  await eventually(async () => expect(await claims()).toEqual(['']), 60_000);
});

it('a ReplicationController keeps its pods, and is scaled', async () => {
  const { apiVersion: _, ...rest } = workload('ReplicationController', 'rc', { replicas: 1, selector: { app: 'rc' } });
  await apply({ ...rest, apiVersion: 'v1' });
  await k('scale rc/rc --replicas=2');
  await k('wait rc/rc --for=jsonpath={.status.availableReplicas}=2 --timeout=120s');
  await k('delete rc/rc');
  await eventually(async () => {
    const left = await k('get pods -l app=rc -o name');
    if (left !== '') throw new Error(left);
  });
});

it('examples/configuration-rollout.yaml is rolled out when its ConfigMap changes', async () => {
  await k(`apply -f ${root}/examples/configuration-rollout.yaml`);
  await k('rollout status deployment/greeter --timeout=120s');
  const hash = () => k('get deploy greeter -o jsonpath={.metadata.annotations.kubus\\.io/configuration-hash}');
  await eventually(async () => {
    if ((await hash()) === '') throw new Error('no hash yet');
  });
  await k('patch configmap greeting --type=merge -p {"data":{"GREETING":"evening"}}');
  await eventually(async () => {
    const revision = await k(
      'get deploy greeter -o jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}',
    );
    if (revision !== '2') throw new Error(`revision ${revision}`);
  });
  await k('rollout status deployment/greeter --timeout=120s');
});

it('examples/automatic-rollback.yaml goes back when a version does not become available in time', async () => {
  await k(`apply -f ${root}/examples/automatic-rollback.yaml`);
  await k('rollout status deployment/shop --timeout=120s');
  await k('patch deploy shop --type=merge -p {"spec":{"progressDeadlineSeconds":2}}');
  // No node is large enough: the new pods stay pending.
  await k('set resources deploy/shop --requests=cpu=100k');
  await eventually(async () => {
    const events = await k('get events --field-selector reason=DeploymentRollback -o jsonpath={.items[*].message}');
    if (!events.includes('Rolled back deployment "shop" to revision 1')) throw new Error(events);
  }, 90_000);
  await k('rollout status deployment/shop --timeout=120s');
});
