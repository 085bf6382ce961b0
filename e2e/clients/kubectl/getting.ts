import { expect } from 'vitest';
import type { Case, Kubectl } from './case.ts';
import { configMap, deployment, pod, rolledOut, running, soon } from './objects.ts';

/** get with each of its outputs, describe, wait. */
export const getting: Case[] = [
  { verb: 'get -o wide, yaml, json, name', run: outputs },
  { verb: 'get -o jsonpath, custom-columns, go-template', run: expressions },
  {
    verb: 'get --sort-by, --field-selector, -l, --chunk-size, --show-labels',
    run: async (k) => {
      for (const name of ['sel-b', 'sel-a', 'sel-c']) {
        await k.pipe(configMap(name), 'apply -f -');
        await k.run(`label configmap ${name} group=sel last=${name.at(-1)}`);
      }
      const names = async (flags: string) => (await k.run(`get cm -o name ${flags}`)).trim().split('\n');
      const all = ['configmap/sel-a', 'configmap/sel-b', 'configmap/sel-c'];
      expect(await names('-l group=sel --sort-by=.metadata.name')).toEqual(all);
      expect(await names('-l group=sel,last!=a --chunk-size=1')).toEqual(all.slice(1));
      expect(await names('-l last')).toEqual(all);
      expect(await names('--field-selector metadata.name=sel-c')).toEqual(all.slice(2));
      expect(await k.run('get cm sel-a -L group --show-labels')).toMatch(/^sel-a +1 +\S+ +sel +group=sel,last=a$/m);
      expect(await k.run('get cm -l group=sel --sort-by={.metadata.labels.last} --no-headers')).toMatch(
        /^sel-a .*\nsel-b .*\nsel-c /,
      );
    },
  },
  {
    verb: 'get --watch, --watch-only, --output-watch-events',
    run: async (k) => {
      await k.pipe(configMap('watched'), 'apply -f -');
      const change = k.until(
        'get configmap watched --watch --output-watch-events',
        /ADDED +watched[\s\S]*MODIFIED +watched +2/,
      );
      const only = k.until('get configmap -w -o custom-columns=N:.metadata.name,D:.data.b', /watched +c/);
      // Nobody says when a watch has begun: it is changed until both have seen a change.
      let seen = false;
      const both = Promise.all([change, only]).finally(() => {
        seen = true;
      });
      for (let i = 0; !seen; i++) await k.run('patch configmap watched --type=merge -p', `{"data":{"b":"c${i}"}}`);
      await both;
    },
  },
  {
    verb: 'get --subresource',
    since: 24,
    run: async (k) => {
      await rolledOut(k, 'sub');
      expect(await k.run('get deployment sub --subresource=status -o jsonpath={.status.replicas}')).toBe('1');
      expect(await k.run('get deployment sub --subresource=scale -o jsonpath={.kind}/{.spec.replicas}')).toBe(
        'Scale/1',
      );
    },
  },
  {
    verb: 'get --raw, several kinds, all, what is not there',
    run: async (k) => {
      await rolledOut(k, 'whole');
      expect(await k.run('get --raw /readyz')).toBe('ok');
      expect(JSON.parse(await k.run('get --raw /version')).minor).toBe('36');
      const all = await k.run('get all -l app=whole');
      for (const kind of ['pod/whole-', 'deployment.apps/whole', 'replicaset.apps/whole-']) expect(all).toContain(kind);
      expect(await k.run('get deploy,rs -l app=whole -o name')).toMatch(/^deployment.*\nreplicaset/);
      expect(await k.run('get pods -A --no-headers')).toContain(`${k.namespace} `);
      const none = await k.try(['get', 'pod', 'none']);
      expect(none).toMatchObject({ code: 1, stderr: 'Error from server (NotFound): pods "none" not found\n' });
      expect(await k.run('get pod none --ignore-not-found')).toBe('');
      const unknown = await k.try(['get', 'gadgets']);
      expect(unknown.stderr).toContain('the server doesn\'t have a resource type "gadgets"');
    },
  },
  { verb: 'describe', run: describeAll },
  {
    verb: 'wait --for=condition, delete',
    run: async (k) => {
      await running(k, 'awaited');
      const gone = k.try(['wait', '--for=delete', 'pod/awaited', '--timeout=120s']);
      await k.run('delete pod awaited --wait=false');
      const { code, stderr } = await gone;
      // It may have gone before it was waited for.
      if (code !== 0) expect(stderr).toMatch(/pods "awaited" not found|no matching resources found/);
      expect(await k.run('get pod awaited --ignore-not-found')).toBe('');
      await k.pipe(deployment('never', 0), 'apply -f -');
      const late = await k.try(['wait', '--for=condition=Nothing', 'deployment/never', '--timeout=1s']);
      expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('timed out waiting for the condition') });
    },
  },
  {
    verb: 'wait --for=jsonpath',
    since: 23,
    run: async (k) => {
      await k.pipe(pod('by-path'), 'apply -f -');
      expect(await k.run('wait pod/by-path --for=jsonpath={.status.phase}=Running --timeout=120s')).toContain(
        'condition met',
      );
    },
  },
  {
    verb: 'wait --for=create',
    since: 31,
    run: async (k) => {
      const there = k.run('wait --for=create configmap/to-come --timeout=120s');
      await k.pipe(configMap('to-come'), 'apply -f -');
      expect(await there).toContain('configmap/to-come condition met');
    },
  },
  {
    verb: 'wait for several conditions',
    since: 36,
    run: async (k) => {
      const conditions = '--for=create --for=condition=Ready --for=jsonpath={.status.phase}=Running';
      const there = k.run(`wait pod/of-several ${conditions} --timeout=120s`);
      await k.pipe(pod('of-several'), 'apply -f -');
      expect(await there).toContain('pod/of-several condition met');
    },
  },
];

async function outputs(k: Kubectl): Promise<void> {
  await running(k, 'shown');
  const node = await k.run('get pod shown -o jsonpath={.spec.nodeName}');
  expect(await k.run('get pod shown')).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\nshown +1\/1 +Running +0 +\d+s\n$/);
  const wide = await k.run('get pod shown -o wide');
  expect(wide).toMatch(/^NAME .* IP +NODE +NOMINATED NODE +READINESS GATES\n/);
  expect(wide).toMatch(new RegExp(`^shown .* 10\\.[\\d.]+ +${node} +<none> +<none>$`, 'm'));
  expect(await k.run('get pod shown -o yaml')).toMatch(/^apiVersion: v1\nkind: Pod\nmetadata:\n/);
  expect(JSON.parse(await k.run('get pod shown -o json'))).toMatchObject({ kind: 'Pod', metadata: { name: 'shown' } });
  expect(await k.run('get pod/shown -o name')).toBe('pod/shown\n');
  expect(JSON.parse(await k.run('get pod -l app=shown -o json'))).toMatchObject({
    kind: 'List',
    items: [{ kind: 'Pod' }],
  });
  if (k.minor >= 34) expect(await k.run('get pod shown -o kyaml')).toMatch(/kind: "Pod",/);
}

async function expressions(k: Kubectl): Promise<void> {
  await k.pipe(configMap('told', { 'a.b': '1', c: '2' }), 'apply -f -');
  expect(await k.run('get cm told -o', 'jsonpath={.data.a\\.b}{"\\n"}{.kind}')).toBe('1\nConfigMap');
  const path = 'jsonpath={range .items[?(@.metadata.name=="told")]}{.metadata.name} {.data.c}{end}';
  expect(await k.run('get cm -o', path)).toBe('told 2');
  expect(await k.run('get cm told -o', 'custom-columns=NAME:.metadata.name,C:.data.c,NO:.data.d')).toMatch(
    /^NAME +C +NO\ntold +2 +<none>\n$/,
  );
  expect(await k.run('get cm told -o', 'go-template={{range $k,$v := .data}}{{$k}}={{$v}};{{end}}')).toBe('a.b=1;c=2;');
}

const setUp = [
  'create service clusterip described --tcp=80:8080',
  'create serviceaccount described',
  'create secret generic described --from-literal=a=b',
  'create role described --verb=get --resource=pods',
  'create rolebinding described --role=described --user=eve',
  'create quota described --hard=configmaps=100',
  'create ingress described --rule=shop.example/x*=described:80',
  'create job described --image=busybox -- true',
  'autoscale deployment described --max=3',
];

const told: [string, RegExp][] = [
  [
    'pod -l app=described',
    /Controlled By: +ReplicaSet\/described-[\s\S]*Containers:\n +main:\n[\s\S]*Image: +app:1\n[\s\S]*Scheduled/,
  ],
  ['deployment described', /Replicas: +1 desired \| 1 updated \| 1 total \| 1 available[\s\S]*ScalingReplicaSet/],
  ['replicaset -l app=described', /Controlled By: +Deployment\/described[\s\S]*SuccessfulCreate/],
  ['service described', /Type: +ClusterIP[\s\S]*TargetPort: +8080\/TCP/],
  ['serviceaccount described', /Name: +described[\s\S]*Image pull secrets: +<none>/],
  ['secret described', /Type: +Opaque[\s\S]*a: +1 bytes/],
  ['configmap described', /Data\n====\nkey:\n----\nvalue\n/],
  ['role described', /pods +\[\] +\[\] +\[get\]/],
  ['rolebinding described', /Kind: +Role\n +Name: +described\n[\s\S]*User +eve/],
  ['quota described', /configmaps +\d+ +100/],
  ['ingress described', /shop\.example[\s\S]*\/x +described:80/],
  ['job described', /Parallelism: +1\n/],
  ['hpa described', /Reference: +Deployment\/described/],
  ['node node-1', /Container Runtime Version: +sim:\/\/[\s\S]*Non-terminated Pods:[\s\S]*Allocated resources:/],
  ['clusterrole view', /pods +\[\] +\[\] +\[get list watch\]/],
];

async function describeAll(k: Kubectl): Promise<void> {
  await rolledOut(k, 'described');
  await k.pipe(configMap('described'), 'apply -f -');
  for (const command of setUp) await k.run(command);
  for (const [what, pattern] of told) {
    await soon(async () => expect(await k.run(`describe ${what}`), what).toMatch(pattern));
  }
  expect(await k.run(`describe namespace ${k.namespace}`)).toMatch(/Status: +Active[\s\S]*Resource Quotas/);
}
