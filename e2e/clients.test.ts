import {
  ADD,
  AppsV1Api,
  CoreV1Api,
  DELETE,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  UPDATE,
  type V1ConfigMap,
  type V1Deployment,
  Watch,
} from '@kubernetes/client-node';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Prometheus } from './clients/prometheus.ts';
import { type Cluster, must, root, startCluster } from './harness/index.ts';

const nodes = ['node-1', 'node-2', 'node-3'];
let cluster: Cluster;
let config: KubeConfig;

beforeAll(async () => {
  const env = { KUBUS_SIM_START_DELAY: '10ms', KUBUS_SIM_STOP_DELAY: '10ms' };
  cluster = await startCluster({ args: ['--runtime', 'sim', '--nodes', '3'], env });
  config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
});
afterAll(async () => {
  await cluster?.destroy();
});

const k = (command: string) => cluster.kubectl(...command.split(' '));

it('python3-kubernetes creates, watches, patches, replaces, pages and deletes', async () => {
  // Debian's own interpreter: another one on the path would not have its packages.
  const told = await must('/usr/bin/python3', [`${root}/e2e/clients/python3-kubernetes.py`, cluster.kubeconfig]);
  expect(JSON.parse(told)).toEqual({
    version: '36',
    nodes,
    watched: 'MODIFIED',
    scale: 2,
    data: { key: 'value', other: 'thing' },
    again: 'AlreadyExists',
    dynamic: 'b',
    pages: [1, true],
  });
});

describe('Prometheus', () => {
  async function startPrometheus(roles: readonly string[]): Promise<Prometheus> {
    await k('create namespace monitoring');
    await k('create serviceaccount prometheus -n monitoring');
    await k('create clusterrole prometheus-nodes --verb=get,list,watch --resource=nodes');
    for (const role of ['view', 'prometheus-nodes']) {
      const account = '--serviceaccount=monitoring:prometheus';
      await k(`create clusterrolebinding prometheus-${role} --clusterrole=${role} ${account}`);
    }
    const token = (await k('create token prometheus -n monitoring')).trim();
    const { server, caData = '' } = config.getCurrentCluster() ?? expect.fail('no cluster in the kubeconfig');
    const prometheus = await Prometheus.start({ server, ca: Buffer.from(caData, 'base64').toString(), token, roles });
    onTestFinished(() => prometheus.stop());
    return prometheus;
  }

  const podNames = async () =>
    (await k('get pods -n shop -o name'))
      .trim()
      .split('\n')
      .map((name) => name.slice(4))
      .sort();

  /** A Service without a selector, whose endpoints are written by who knows them: they lead to one pod. */
  async function point(pod: string): Promise<void> {
    const ip = await cluster.kubectl('get', 'pod', pod, '-n', 'shop', '-o', 'jsonpath={.status.podIP}');
    const metadata = { name: 'by-hand', namespace: 'shop' };
    const targetRef = { kind: 'Pod', namespace: 'shop', name: pod };
    const ports = [{ name: 'http', port: 8080, protocol: 'TCP' }];
    const skipMirror = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
    const ofService = { 'kubernetes.io/service-name': 'by-hand' };
    const items = [
      { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports } },
      {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { ...metadata, labels: skipMirror },
        subsets: [{ addresses: [{ ip, targetRef }], ports }],
      },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { ...metadata, labels: ofService },
        addressType: 'IPv4',
        endpoints: [{ addresses: [ip], conditions: { ready: true }, targetRef }],
        ports,
      },
    ];
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const { code, stderr } = await cluster.tryKubectl(['apply', '-f', '-'], { input });
    expect({ code, stderr }).toMatchObject({ code: 0 });
  }

  it('discovers nodes, pods, services, endpoints and endpointslices, and what becomes of them', async () => {
    await k('create namespace shop');
    await k('create deployment web -n shop --image=app:1 --replicas=2 --port=8080');
    await k('expose deployment web -n shop');
    await k('rollout status deployment/web -n shop --timeout=120s');
    const prometheus = await startPrometheus(['node', 'pod', 'service', 'endpoints', 'endpointslice']);
    const find = async (role: string, label: string) =>
      (await prometheus.discovered(role))
        .filter((found) => role === 'node' || found['namespace'] === 'shop')
        .map((found) => found[label])
        .sort();
    const shows = (role: string, label: string, expected: readonly string[]) =>
      eventually(async () => expect(await find(role, label)).toEqual(expected), 90_000, 250);

    const pods = await podNames();
    expect(pods).toHaveLength(2);
    await shows('node', 'node_name', nodes);
    await shows('pod', 'pod_name', pods);
    await shows('pod', 'pod_ready', ['true', 'true']);
    await shows('pod', 'pod_container_port_number', ['8080', '8080']);
    await shows('service', 'service_name', ['web']);
    const [pod = ''] = pods;
    await point(pod);
    for (const role of ['endpoints', 'endpointslice']) {
      await shows(role, 'pod_name', [pod]);
      await shows(role, 'service_name', ['by-hand']);
    }

    await k('scale deployment/web -n shop --replicas=1');
    await eventually(async () => expect(await podNames()).toHaveLength(1));
    await shows('pod', 'pod_name', await podNames());
    await k('delete endpoints,endpointslices,service by-hand -n shop');
    for (const role of ['endpoints', 'endpointslice']) await shows(role, 'service_name', []);
    expect(prometheus.complaints()).toEqual([]);
  });
});

describe('@kubernetes/client-node', () => {
  const namespace = 'script';
  const map = (name: string, text: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: { made: 'here' } },
    data: { text },
  });
  let core: CoreV1Api;
  beforeAll(async () => {
    core = config.makeApiClient(CoreV1Api);
    await core.createNamespace({ body: { metadata: { name: namespace } } });
  });

  it('lists, by selectors and in pages', async () => {
    expect((await core.listNode()).items.map((node) => node.metadata?.name).sort()).toEqual(nodes);
    for (const name of ['page-1', 'page-2', 'page-3']) {
      await core.createNamespacedConfigMap({ namespace, body: map(name, name) });
    }
    const first = await core.listNamespacedConfigMap({ namespace, labelSelector: 'made=here', limit: 2 });
    const rest = await core.listNamespacedConfigMap({
      namespace,
      labelSelector: 'made=here',
      limit: 2,
      _continue: first.metadata?._continue ?? '',
    });
    expect([...first.items, ...rest.items].map((item) => item.metadata?.name)).toEqual(['page-1', 'page-2', 'page-3']);
    const fieldSelector = 'metadata.name=page-2';
    expect((await core.listNamespacedConfigMap({ namespace, fieldSelector })).items).toHaveLength(1);
    await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'made=here' });
  });

  it('keeps an informer that tells of what is added, updated and deleted', async () => {
    const labelSelector = 'made=here';
    await core.createNamespacedConfigMap({ namespace, body: map('first', '1') });
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const list = () => core.listNamespacedConfigMap({ namespace, labelSelector });
    const informer = makeInformer<V1ConfigMap>(config, path, list, labelSelector);
    onTestFinished(() => informer.stop());
    const seen: string[] = [];
    for (const verb of [ADD, UPDATE, DELETE] as const) {
      informer.on(verb, (object) => seen.push(`${verb} ${object.metadata?.name} ${object.data?.['text']}`));
    }
    await informer.start();
    await core.createNamespacedConfigMap({ namespace, body: map('second', '1') });
    await core.replaceNamespacedConfigMap({ name: 'second', namespace, body: map('second', '2') });
    await core.deleteNamespacedConfigMap({ name: 'first', namespace });
    const expected = ['add first 1', 'add second 1', 'update second 2', 'delete first 1'];
    await eventually(() => expect(seen).toEqual(expected));
    expect(informer.list(namespace).map((object) => object.metadata?.name)).toEqual(['second']);
  });

  it('watches from a revision on, in order', async () => {
    const { metadata } = await core.listNamespacedConfigMap({ namespace });
    const seen: string[] = [];
    const watching = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { resourceVersion: metadata?.resourceVersion, fieldSelector: 'metadata.name=watched' },
      (type: string, object: V1ConfigMap) => seen.push(`${type} ${object.data?.['text']}`),
      () => undefined,
    );
    onTestFinished(() => watching.abort());
    await core.createNamespacedConfigMap({ namespace, body: map('watched', '1') });
    await core.replaceNamespacedConfigMap({ name: 'watched', namespace, body: map('watched', '2') });
    await core.deleteNamespacedConfigMap({ name: 'watched', namespace });
    await eventually(() => expect(seen).toEqual(['ADDED 1', 'MODIFIED 2', 'DELETED 2']));
  });

  const deployment = (replicas: number, image: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image }] } },
    },
  });

  it('applies on the server, meets the conflict of another owner, and forces it', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    const apply = (manager: string, body: V1Deployment, force = false) =>
      objects.patch<V1Deployment>(body, undefined, undefined, manager, force, PatchStrategy.ServerSideApply);
    await apply('one', deployment(1, 'app:1'));
    await expect(apply('two', deployment(2, 'app:1'))).rejects.toMatchObject({ code: 409 });
    const forced = await apply('two', deployment(2, 'app:1'), true);
    expect(forced.spec?.replicas).toBe(2);
    const owners = forced.metadata?.managedFields?.filter(({ operation }) => operation === 'Apply');
    expect(owners?.map(({ manager }) => manager).sort()).toEqual(['one', 'two']);
    const apps = config.makeApiClient(AppsV1Api);
    await eventually(async () => {
      const { status } = await apps.readNamespacedDeploymentStatus({ name: 'web', namespace });
      expect(status?.availableReplicas).toBe(2);
    });
  });

  it('patches by merge, strategic merge and JSON patch', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    const patch = (strategy: PatchStrategy, body: object) =>
      objects.patch<V1ConfigMap>(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'patched', namespace }, ...body },
        undefined,
        undefined,
        undefined,
        undefined,
        strategy,
      );
    await core.createNamespacedConfigMap({ namespace, body: map('patched', '1') });
    expect((await patch(PatchStrategy.MergePatch, { data: { a: '1' } })).data).toEqual({ text: '1', a: '1' });
    const merged = await patch(PatchStrategy.StrategicMergePatch, { data: { b: '2' } });
    expect(merged.data).toEqual({ text: '1', a: '1', b: '2' });
    // The client sends lists of operations unless it is told otherwise.
    const body = [{ op: 'remove', path: '/data/a' }];
    const changed = await core.patchNamespacedConfigMap({ name: 'patched', namespace, body });
    expect(changed.data).toEqual({ text: '1', b: '2' });
  });
});
