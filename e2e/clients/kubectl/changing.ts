import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Case, Kubectl } from './case.ts';
import { configMap, deployment, pod, rolledOut, running, soon } from './objects.ts';

const sed = (expression: string) => ({ env: { KUBE_EDITOR: `sed -i -e ${expression}` } });

/** Verbs that change what is there. */
export const changing: Case[] = [
  {
    verb: 'annotate',
    run: async (k) => {
      await k.pipe(configMap('noted'), 'apply -f -');
      expect(await k.run('annotate cm noted note=a other=b')).toMatch(/^configmap\/noted annotated$/m);
      expect((await k.try(['annotate', 'cm', 'noted', 'note=c'])).stderr).toContain('--overwrite is false');
      await k.run('annotate cm noted note=c other- --overwrite');
      const annotations = JSON.parse(await k.run('get cm noted -o jsonpath={.metadata.annotations}'));
      expect([annotations.note, annotations.other]).toEqual(['c', undefined]);
    },
  },
  {
    verb: 'label',
    run: async (k) => {
      await k.pipe(configMap('labelled'), 'apply -f -');
      expect(await k.run('label cm labelled a=1 b=2')).toMatch(/^configmap\/labelled labeled$/m);
      await k.run('label cm labelled a=3 b- --overwrite');
      expect(await k.run('get cm labelled -o jsonpath={.metadata.labels}')).toBe('{"a":"3"}');
      expect(await k.run('label cm labelled a=3 --overwrite')).toMatch(/not labeled/);
      expect((await k.try(['label', 'cm', 'labelled', 'a=#'])).code).toBe(1);
    },
  },
  { verb: 'apply, client side, and its last configuration', run: applied },
  {
    verb: 'apply --server-side, with conflicts',
    run: async (k) => {
      const apply = (data: object, ...flags: string[]) =>
        k.try(['apply', '--server-side', ...flags, '-f', '-'], { input: JSON.stringify(configMap('ssa', data)) });
      expect((await apply({ a: '1' })).stdout).toBe('configmap/ssa serverside-applied\n');
      const refused = await apply({ a: '2' }, '--field-manager=other');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/Apply failed with 1 conflict: conflict with "kubectl": \.data\.a/);
      expect((await apply({ a: '2' }, '--field-manager=other', '--force-conflicts')).code).toBe(0);
      const managers = await k.run('get cm ssa -o jsonpath={.metadata.managedFields[*].manager}');
      expect(managers).toContain('other');
      expect((await apply({}, '--field-manager=other')).code).toBe(0);
      expect(await k.run('get cm ssa -o jsonpath={.data}')).toBe('');
    },
  },
  {
    verb: 'apply --prune',
    run: async (k) => {
      const labelled = (name: string) => ({ ...configMap(name), metadata: { name, labels: { pruned: 'yes' } } });
      const list = (...names: string[]) => ({ apiVersion: 'v1', kind: 'List', items: names.map(labelled) });
      const only = k.minor >= 26 ? '--prune-allowlist' : '--prune-whitelist';
      const apply = `apply --prune -l pruned=yes ${only}=core/v1/ConfigMap -f -`;
      await k.pipe(list('kept', 'dropped'), apply);
      expect(await k.pipe(list('kept'), apply)).toMatch(/^configmap\/dropped pruned$/m);
      expect(await k.run('get cm -l pruned=yes -o name')).toBe('configmap/kept\n');
    },
  },
  {
    verb: 'edit',
    run: async (k) => {
      await k.pipe(configMap('edited'), 'apply -f -');
      const edited = await k.try(['edit', 'cm', 'edited'], sed('s/key:.value/key:\\ other/'));
      expect(edited.stdout).toBe('configmap/edited edited\n');
      expect(await k.run('get cm edited -o jsonpath={.data.key}')).toBe('other');
      const same = await k.try(['edit', 'cm', 'edited'], sed('s/a/a/'));
      expect(same).toMatchObject({ code: 0, stderr: expect.stringContaining('Edit cancelled, no changes made') });
    },
  },
  {
    verb: 'patch, of three types',
    run: async (k) => {
      await k.pipe(deployment('patched', 0), 'apply -f -');
      const containers = '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:1"}]}}}}';
      expect(await k.run('patch deployment patched -p', containers)).toBe('deployment.apps/patched patched\n');
      const names = () => k.run('get deployment patched -o jsonpath={.spec.template.spec.containers[*].name}');
      expect((await names()).split(' ').sort()).toEqual(['main', 'side']);
      await k.run('patch deployment patched --type=merge -p', containers);
      expect(await names()).toBe('side');
      const operations =
        '[{"op":"test","path":"/spec/replicas","value":0},{"op":"add","path":"/metadata/labels/x","value":"y"}]';
      await k.run('patch deployment patched --type=json -p', operations);
      expect(await k.run('get deployment patched -o jsonpath={.metadata.labels.x}')).toBe('y');
      // Its controller may write in between.
      await soon(async () =>
        expect(await k.run('patch deployment patched --type=merge -p', '{}')).toContain('(no change)'),
      );
    },
  },
  {
    verb: 'replace, --force',
    run: async (k) => {
      await k.pipe(configMap('replaced'), 'create -f -');
      expect(await k.pipe(configMap('replaced', { other: 'x' }), 'replace -f -')).toBe('configmap/replaced replaced\n');
      expect(await k.run('get cm replaced -o jsonpath={.data}')).toBe('{"other":"x"}');
      await running(k, 'forced');
      const uid = () => k.run('get pod forced -o jsonpath={.metadata.uid}');
      const before = await uid();
      expect(await k.pipe(pod('forced'), 'replace --force -f -')).toContain('pod/forced replaced');
      expect(await uid()).not.toBe(before);
    },
  },
  { verb: 'rollout status, history, pause, resume, restart, undo', run: rollout },
  {
    verb: 'scale',
    run: async (k) => {
      await rolledOut(k, 'sized');
      expect(await k.run('scale deployment sized --replicas=2 --timeout=120s')).toBe('deployment.apps/sized scaled\n');
      const refused = await k.try(['scale', 'deployment/sized', '--current-replicas=5', '--replicas=1']);
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Expected replicas to be 5, was 2') });
      await k.run('scale --replicas=0 deployment/sized');
      await soon(async () => expect(await k.run('get pods -l app=sized -o name')).toBe(''));
    },
  },
  { verb: 'set env, image, resources, selector, serviceaccount, subject', run: set },
  {
    verb: 'kuberc',
    since: 36,
    run: async (k) => {
      const dir = await mkdtemp(join(tmpdir(), 'kubus-kuberc-'));
      const env = { KUBERC: join(dir, 'kuberc') };
      await writeFile(env.KUBERC, 'apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n');
      const kuberc = (flags: string) => k.try(['kuberc', 'set', ...flags.split(' ')], { env });
      await kuberc('--section defaults --command get --option show-labels=true');
      await kuberc('--section aliases --name space --command get --prependarg namespace');
      expect((await k.try(['get', 'node', 'node-1'], { env })).stdout).toContain('kubernetes.io/hostname=node-1');
      expect((await k.try(['space', k.namespace], { env })).stdout).toMatch(new RegExp(`^${k.namespace} +Active`, 'm'));
      await rm(dir, { recursive: true });
    },
  },
];

async function applied(k: Kubectl): Promise<void> {
  expect(await k.pipe(configMap('applied', { a: '1', b: '2' }), 'apply -f -')).toBe('configmap/applied created\n');
  expect(await k.pipe(configMap('applied', { a: '1', b: '2' }), 'apply -f -')).toBe('configmap/applied unchanged\n');
  await k.run('patch cm applied --type=merge -p', '{"data":{"c":"3"}}');
  expect(await k.pipe(configMap('applied', { a: '9' }), 'apply -f -')).toBe('configmap/applied configured\n');
  expect(await k.run('get cm applied -o jsonpath={.data}')).toBe('{"a":"9","c":"3"}');
  expect(await k.run('apply view-last-applied cm applied')).toContain('  a: "9"\n');
  expect(await k.pipe(configMap('applied', { a: '8' }), 'apply set-last-applied -f -')).toBe(
    'configmap/applied configured\n',
  );
  expect(JSON.parse(await k.run('apply view-last-applied cm applied -o json'))).toMatchObject({ data: { a: '8' } });
  const edited = await k.try(['apply', 'edit-last-applied', 'cm/applied'], sed('s/"8"/"7"/'));
  expect(edited).toMatchObject({ code: 0, stdout: 'configmap/applied edited\n' });
  expect(await k.run('apply view-last-applied cm/applied')).toContain('  a: "7"\n');
  expect(await k.run('get cm applied -o jsonpath={.data.a}')).toBe('9');
}

async function rollout(k: Kubectl): Promise<void> {
  await rolledOut(k, 'rolled');
  const image = () => k.run('get deployment rolled -o jsonpath={.spec.template.spec.containers[0].image}');
  const status = () => k.run('rollout status deployment/rolled --timeout=120s');
  expect(await k.run('rollout pause deployment/rolled')).toBe('deployment.apps/rolled paused\n');
  await k.run('set image deployment/rolled main=app:2');
  expect(await k.run('rollout resume deployment/rolled')).toBe('deployment.apps/rolled resumed\n');
  expect(await status()).toContain('deployment "rolled" successfully rolled out');
  expect(await k.run('rollout history deployment/rolled')).toMatch(/^1 +<none>\n2 +<none>$/m);
  expect(await k.run('rollout history deployment/rolled --revision=2')).toMatch(/Image:\s+app:2/);
  expect(await k.run('rollout undo deployment/rolled')).toBe('deployment.apps/rolled rolled back\n');
  await status();
  expect(await image()).toBe('app:1');
  expect(await k.run('rollout restart deployment/rolled')).toBe('deployment.apps/rolled restarted\n');
  await status();
  expect(await k.run('rollout history deployment/rolled')).toMatch(/^4 +<none>$/m);
}

async function set(k: Kubectl): Promise<void> {
  await k.pipe(deployment('setting', 0), 'apply -f -');
  for (const what of [
    'set image deployment/setting main=app:3',
    'set env deployment/setting A=b',
    'set resources deployment/setting --limits=cpu=1 --requests=cpu=500m',
    'set serviceaccount deployment/setting default',
  ])
    expect(await k.run(what)).toMatch(/^deployment.apps\/setting .* updated$/m);
  const { spec } = JSON.parse(await k.run('get deployment setting -o json')).spec.template;
  expect(spec).toMatchObject({
    serviceAccountName: 'default',
    containers: [
      {
        image: 'app:3',
        env: [{ name: 'A', value: 'b' }],
        resources: { limits: { cpu: '1' }, requests: { cpu: '500m' } },
      },
    ],
  });
  expect(await k.run('set env deployment/setting --list')).toContain('A=b');
  await k.run('create service clusterip setting --tcp=80');
  await k.run('set selector service/setting tier=front');
  expect(await k.run('get service setting -o jsonpath={.spec.selector}')).toBe('{"tier":"front"}');
  await k.run('create rolebinding setting --clusterrole=view --user=eve');
  await k.run('set subject rolebinding/setting --user=adam');
  expect(await k.run('get rolebinding setting -o jsonpath={.subjects[*].name}')).toBe('eve adam');
}
