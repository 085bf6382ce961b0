import { builtinKinds } from '@kubus/shared/registry';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdminClient } from './testing/admin-client.ts';
import { expectAnswer, nasty, value } from './testing/fuzz.ts';
import { startApi, type TestApi } from './testing/start-api.ts';

let api: TestApi;
let client: AdminClient;
beforeAll(async () => {
  api = await startApi();
  client = await AdminClient.connect(api);
  await api.kubectl.run(['create', 'serviceaccount', 'default']);
  await api.kubectl.run(['create', 'deployment', 'target', '--image=x']);
});
afterAll(async () => {
  client?.close();
  await api?.stop();
});

/** Every kind that is served, in every version, where it is created. */
const kinds = builtinKinds
  .filter(({ verbs = ['create'] }) => verbs.includes('create'))
  .flatMap(({ kind, plural, scope, versions }) =>
    versions.map(({ group, version }) => {
      const at = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      return [`${at}${scope === 'Namespaced' ? '/namespaces/default' : ''}/${plural}`, group, version, kind] as const;
    }),
  );

it('answers any object of any kind with a judgement', async () => {
  const parts = fc.record(
    { metadata: value, spec: value, data: value, status: value, rules: value },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...kinds), parts, async ([path, group, version, kind], object) => {
      const apiVersion = group === '' ? version : `${group}/${version}`;
      const body = JSON.stringify({ apiVersion, kind, ...object });
      expectAnswer(await client.send('POST', `${path}?dryRun=All`, body), `POST ${path} ${body}`);
    }),
    { numRuns: 1500 },
  );
});

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'valid', labels: { app: 'valid' }, annotations: {}, finalizers: ['a.io/b'] },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'valid' }, matchExpressions: [{ key: 'x', operator: 'DoesNotExist' }] },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
    template: {
      metadata: { labels: { app: 'valid' } },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'x',
            command: ['a'],
            env: [
              { name: 'A', value: 'b' },
              { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            ],
            ports: [{ containerPort: 80, protocol: 'TCP' }],
            resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2' } },
            livenessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 },
            volumeMounts: [{ name: 'v', mountPath: '/v' }],
          },
        ],
        volumes: [{ name: 'v', emptyDir: {} }],
        tolerations: [{ key: 'k', operator: 'Exists' }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
            },
          },
        },
      },
    },
  },
};

/** Every place in a value, as the keys that lead there. */
function placesIn(tree: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof tree !== 'object' || tree === null) return [path];
  return [path, ...Object.entries(tree).flatMap(([name, child]) => placesIn(child, [...path, name]))];
}

function replaceAt(tree: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  const copy = structuredClone(tree) as Record<string, unknown>;
  copy[name] = replaceAt(copy[name], rest, by);
  return copy;
}

it('answers a valid object with anything in any place with a judgement', async () => {
  const path = '/apis/apps/v1/namespaces/default/deployments';
  expect((await client.send('POST', `${path}?dryRun=All`, JSON.stringify(deployment))).code).toBe(201);
  const places = placesIn(deployment).filter((place) => place.length > 0);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), value, async (place, by) => {
      const body = JSON.stringify(replaceAt(deployment, place, by));
      expectAnswer(await client.send('POST', `${path}?dryRun=All`, body), `${place.join('.')}: ${JSON.stringify(by)}`);
    }),
    { numRuns: 2500 },
  );
});

it('answers any patch of any type with a judgement', async () => {
  const types = fc.constantFrom(
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/json-patch+json',
    'application/apply-patch+yaml',
  );
  const target = '/apis/apps/v1/namespaces/default/deployments/target';
  const operations = fc.array(
    fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
      path: fc.oneof(
        fc.constantFrom(
          '',
          '/',
          '/spec',
          '/metadata/labels/a',
          '/__proto__/x',
          '/spec/template/spec/containers/0/image',
          '/metadata/managedFields',
        ),
        fc.string(),
      ),
      value,
    }),
    { maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(
      types,
      fc.constantFrom('', '/status', '/scale'),
      fc.oneof(value, operations),
      async (type, subresource, patch) => {
        const body = JSON.stringify(patch) ?? 'null';
        const path = `${target}${subresource}?dryRun=All&fieldManager=fuzz`;
        expectAnswer(await client.send('PATCH', path, body, type), `PATCH ${path} ${type} ${body}`);
      },
    ),
    { numRuns: 1500 },
  );
});

it('answers any query with a judgement', async () => {
  const names = fc.constantFrom(
    'labelSelector',
    'fieldSelector',
    'limit',
    'continue',
    'resourceVersion',
    'resourceVersionMatch',
    'dryRun',
    'propagationPolicy',
    'gracePeriodSeconds',
    '__proto__',
    'timeoutSeconds',
  );
  const paths = fc.constantFrom(
    '/api/v1/namespaces/default/pods',
    '/api/v1/nodes',
    '/apis/apps/v1/deployments',
    '/api/v1/namespaces/default/pods/none',
  );
  const query = fc.array(
    fc.tuple(
      names,
      fc.oneof(
        nasty,
        fc.string(),
        fc.constantFrom('a=b', 'a in (b)', 'metadata.name=x', '0', '1', '-1', '1e9', 'Exact'),
      ),
    ),
    { maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('GET', 'DELETE'), paths, query, async (method, path, parameters) => {
      const target = `${path}?${new URLSearchParams(parameters)}`;
      expectAnswer(await client.send(method, `${target}&dryRun=All`, ''), `${method} ${target}`);
    }),
    { numRuns: 1000 },
  );
});
