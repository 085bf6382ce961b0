import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { type Benchmark, rate } from './harness.ts';

const inFlight = 64;
const warmUp = 500;
const count = 8_000;
const target = 1_500;

const definitions = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };

const rules = [
  'self.min <= self.replicas && self.replicas <= self.max',
  "self.image.startsWith('registry.example.com/')",
  "self.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
  'self.ports.all(p, p.number > 0 && p.number < 65536)',
  'self.ports.all(p, self.ports.exists_one(q, q.number == p.number))',
  'has(self.schedule) ? self.schedule.size() > 0 : true',
  'self.labels.all(k, k.size() <= 63)',
  "!(self.tier in ['none', 'unknown'])",
  'quantity(self.memory).isGreaterThan(quantity("1Mi"))',
  "self.hosts.map(h, h + '.example.com').all(h, h.size() < 254)",
];

const text = { type: 'string', maxLength: 200 };
const schema = (validations: readonly string[]) => ({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      'x-kubernetes-validations': validations.map((rule) => ({ rule })),
      required: ['min', 'max', 'replicas', 'image', 'name', 'ports', 'labels', 'tier', 'memory', 'hosts'],
      properties: {
        ...{ min: { type: 'integer' }, max: { type: 'integer' }, replicas: { type: 'integer' } },
        ...{ image: text, name: text, schedule: text, tier: text, memory: text },
        labels: { type: 'object', maxProperties: 20, additionalProperties: text },
        hosts: { type: 'array', maxItems: 10, items: text },
        ports: {
          type: 'array',
          maxItems: 10,
          items: { type: 'object', required: ['number'], properties: { number: { type: 'integer' }, name: text } },
        },
      },
    },
  },
});

const definition = (plural: string, kind: string, validations: readonly string[]) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.bench.example.com` },
  spec: {
    group: 'bench.example.com',
    scope: 'Namespaced',
    names: { plural, kind },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema(validations) } }],
  },
});

const object = (kind: string, name: string) => ({
  apiVersion: 'bench.example.com/v1',
  kind,
  metadata: { name, namespace: 'default', labels: { app: 'bench' } },
  spec: {
    ...{
      min: 1,
      max: 10,
      replicas: 3,
      image: 'registry.example.com/shop/web:1.2.3',
      name: 'web',
      tier: 'front',
      memory: '128Mi',
    },
    labels: { app: 'web', team: 'shop', stage: 'test' },
    hosts: ['a', 'b', 'c'],
    ports: [
      { number: 80, name: 'http' },
      { number: 443, name: 'https' },
      { number: 9090, name: 'metrics' },
    ],
  },
});

export default {
  name: 'crd',
  about:
    'creates of a custom resource with 10 CEL rules over the bus, 64 in flight, one api replica, beside the same object without rules',
  async run(say) {
    const plane = await startControlPlane({ api: 1 });
    try {
      const plain = await creates(plane, 'plains', 'Plain', []);
      say(`without rules: ${Math.round(plain)}/s`);
      const ruled = await creates(plane, 'ruleds', 'Ruled', rules);
      say(`with 10 rules: ${Math.round(ruled)}/s`);
      return [
        {
          ...{ what: 'create with 10 CEL rules', value: ruled, unit: 'creates/s' },
          beside: { what: 'the same object without rules', value: plain },
          target: `${target} creates/s`,
          reached: ruled >= target,
        },
      ];
    } finally {
      await plane.stop();
    }
  },
} satisfies Benchmark;

async function creates(
  { connection: { api } }: ControlPlane,
  plural: string,
  kind: string,
  validations: readonly string[],
): Promise<number> {
  await api.request({ ...definitions, verb: 'create', body: definition(plural, kind, validations) });
  const at = { group: 'bench.example.com', version: 'v1', resource: plural, namespace: 'default' };
  const isServed = () =>
    api.request({ ...at, verb: 'list' }).then(
      () => true,
      () => false,
    );
  while (!(await isServed())) await new Promise((resolve) => setTimeout(resolve, 50));
  const create = (name: string) => api.request({ ...at, verb: 'create', body: object(kind, name) });
  await rate(warmUp, inFlight, (i) => create(`warm-${i}`));
  return rate(count, inFlight, (i) => create(`bench-${i}`));
}
