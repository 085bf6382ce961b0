import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { Kubectl } from './case.ts';
import { deployment } from './objects.ts';

const web = deployment('web');

/** A base, and an overlay that prefixes, annotates, patches, scales and generates; kubectl 1.20 has an old kustomize. */
const files = (old: boolean) => ({
  'base/kustomization.yaml': {
    resources: ['web.yaml'],
    configMapGenerator: [{ name: 'settings', literals: ['COLOR=blue', 'SIZE=1'] }],
  },
  'base/web.yaml': {
    ...web,
    spec: {
      ...web.spec,
      template: {
        ...web.spec.template,
        spec: {
          containers: [{ name: 'main', image: 'app:1', envFrom: [{ configMapRef: { name: 'settings' } }] }],
        },
      },
    },
  },
  'overlay/kustomization.yaml': {
    ...(old ? { bases: ['../base'] } : { resources: ['../base'], replicas: [{ name: 'web', count: 2 }] }),
    namePrefix: 'big-',
    commonAnnotations: { tier: 'front' },
    images: [{ name: 'app', newTag: '2' }],
    configMapGenerator: [{ name: 'settings', behavior: 'merge', literals: ['SIZE=2'] }],
    secretGenerator: [{ name: 'password', literals: ['password=secret'] }],
    patchesStrategicMerge: ['patch.yaml'],
  },
  'overlay/patch.yaml': {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      ...(old && { replicas: 2 }),
      template: { spec: { containers: [{ name: 'main', env: [{ name: 'ADDED', value: 'yes' }] }] } },
    },
  },
});

export async function kustomize(k: Kubectl): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-kustomize-'));
  try {
    for (const [name, content] of Object.entries(files(k.minor === 20))) {
      await mkdir(dirname(join(dir, name)), { recursive: true });
      await writeFile(join(dir, name), JSON.stringify(content));
    }
    await applied(k, join(dir, 'overlay'));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function applied(k: Kubectl, dir: string): Promise<void> {
  expect(await k.run(`kustomize ${dir}`)).toMatch(/name: big-settings-\w{10}\n/);
  expect(await k.run(`apply -k ${dir}`)).toMatch(/deployment.apps\/big-web created/);
  await k.run('rollout status deployment/big-web --timeout=120s');
  const { metadata, spec } = JSON.parse(await k.run('get deployment big-web -o json'));
  expect(metadata.annotations.tier).toBe('front');
  expect(spec.replicas).toBe(2);
  const [container] = spec.template.spec.containers;
  expect(container).toMatchObject({ image: 'app:2', env: [{ name: 'ADDED', value: 'yes' }] });
  const settings = container.envFrom[0].configMapRef.name;
  expect(await k.run(`get configmap ${settings} -o jsonpath={.data}`)).toBe('{"COLOR":"blue","SIZE":"2"}');
  const unchanged = (await k.run(`apply -k ${dir}`)).trim().split('\n');
  expect(unchanged).toHaveLength(3);
  // The old kustomize writes `creationTimestamp: null` into what it generates, which is a change each time.
  if (k.minor > 20) for (const line of unchanged) expect(line).toMatch(/ unchanged$/);
  await k.run(`delete -k ${dir} --wait=false`);
}
