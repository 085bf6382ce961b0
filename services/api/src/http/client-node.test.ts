import {
  ADD,
  type CoreV1Api,
  DELETE,
  KubeConfig,
  makeInformer,
  UPDATE,
  type V1ConfigMap,
} from '@kubernetes/client-node';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFront, type TestFront } from './testing/start-front.ts';

let front: TestFront;
let config: KubeConfig;
let api: CoreV1Api;
beforeAll(async () => {
  front = await startFront();
  config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'c', server: front.url, caData: Buffer.from(front.certificates.ca).toString('base64') }],
    users: [{ name: 'u', token: 'good' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  const { CoreV1Api } = await import('@kubernetes/client-node');
  api = config.makeApiClient(CoreV1Api);
});
afterAll(() => front.stop());

const map = (name: string, text: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { text },
});

it('serves an informer of the JavaScript client: what is there, then each change', async () => {
  await api.createNamespacedConfigMap({ namespace: 'default', body: map('a', '1') });
  const path = '/api/v1/namespaces/default/configmaps';
  const informer = makeInformer<V1ConfigMap>(config, path, () => api.listNamespacedConfigMap({ namespace: 'default' }));
  const seen: string[] = [];
  informer.on(ADD, (object) => seen.push(`add ${object.metadata?.name}`));
  informer.on(UPDATE, (object) => seen.push(`update ${object.metadata?.name} ${object.data?.text}`));
  informer.on(DELETE, (object) => seen.push(`delete ${object.metadata?.name}`));
  await informer.start();
  await eventually(() => expect(seen).toEqual(['add a']));
  await eventually(() => expect(front.pipeline.sinks.size).toBe(1));
  front.pipeline.put(map('a', '2'));
  front.pipeline.put(map('b', '1'));
  await eventually(() => expect(seen).toEqual(['add a', 'update a 2', 'add b']));
  await informer.stop();
});

it('gives it failures that it understands', async () => {
  await expect(api.readNamespacedConfigMap({ namespace: 'default', name: 'none' })).rejects.toMatchObject({
    code: 404,
  });
});
