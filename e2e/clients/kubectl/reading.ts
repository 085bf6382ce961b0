import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Case, Kubectl } from './case.ts';
import { kustomize } from './kustomize.ts';
import { configMap, rolledOut, running, soon } from './objects.ts';

/** Verbs that change nothing. */
export const reading: Case[] = [
  {
    verb: 'api-resources',
    run: async (k) => {
      const all = await k.run('api-resources');
      expect(all).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
      expect(all).toMatch(/^nodes +no +v1 +false +Node$/m);
      const few = await k.run('api-resources --api-group=batch --namespaced=true -o name');
      expect(few.trim().split('\n').sort()).toEqual(['cronjobs.batch', 'jobs.batch']);
      expect(await k.run('api-resources --verbs=delete -o wide')).toMatch(/^configmaps .*deletecollection.*patch/m);
    },
  },
  {
    verb: 'api-versions',
    run: async (k) => {
      const versions = (await k.run('api-versions')).split('\n');
      expect(versions).toEqual(expect.arrayContaining(['v1', 'apps/v1', 'autoscaling/v2', 'policy/v1']));
    },
  },
  { verb: 'cluster-info', run: clusterInfo },
  {
    verb: 'completion',
    run: async (k) => {
      expect(await k.run('completion bash')).toContain('__start_kubectl');
      await k.pipe(configMap('completed'), 'apply -f -');
      if (k.minor > 20) expect(await k.run('__complete get configmap compl')).toContain('completed\n');
    },
  },
  {
    verb: 'config',
    run: async (k) => {
      expect(await k.run('config current-context')).not.toBe('');
      expect(await k.run('config view')).toMatch(/certificate-authority-data: DATA\+OMITTED/);
    },
  },
  {
    verb: 'diff',
    run: async (k) => {
      await k.pipe(configMap('differs'), 'apply -f -');
      const same = await k.try(['diff', '-f', '-'], { input: JSON.stringify(configMap('differs')) });
      expect(same).toMatchObject({ code: 0, stdout: '' });
      const input = JSON.stringify(configMap('differs', { key: 'other' }));
      for (const flags of [[], ['--server-side']]) {
        const other = await k.try(['diff', ...flags, '-f', '-'], { input });
        expect(other).toMatchObject({ code: 1, stderr: expect.not.stringContaining('error') });
        expect(other.stdout).toMatch(/^-\s+key: value$/m);
        expect(other.stdout).toMatch(/^\+\s+key: other$/m);
      }
      expect(await k.run('get configmap differs -o jsonpath={.data.key}')).toBe('value');
    },
  },
  {
    verb: 'events',
    since: 26,
    run: async (k) => {
      await running(k, 'eventful');
      await soon(async () => {
        const events = await k.run('events --for pod/eventful --types=Normal');
        expect(events).toMatch(/Scheduled +Pod\/eventful +Successfully assigned/);
      });
      expect(await k.run('events -o json')).toContain('"kind": "EventList"');
      const first = /Successfully assigned \S+eventful /;
      await k.until('events --for pod/eventful --watch', first);
    },
  },
  {
    verb: 'explain',
    run: async (k) => {
      expect(await k.run('explain pods.spec.containers.ports')).toMatch(/containerPort\s+<integer>/);
      expect(await k.run('explain deployment --recursive')).toMatch(/maxSurge\s+<(string|IntOrString)>/);
      expect(await k.run('explain hpa --api-version=autoscaling/v1')).toMatch(/VERSION: +(autoscaling\/)?v1/);
      const { code, stderr } = await k.try(['explain', 'pods.spec.nothing']);
      expect({ code, stderr }).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('field "nothing" does not exist'),
      });
    },
  },
  { verb: 'kustomize', run: kustomize },
  {
    verb: 'logs',
    run: async (k) => {
      await rolledOut(k, 'talks');
      const line = 'This container is simulated and has no output.\n';
      expect(await k.run('logs deployment/talks')).toBe(line);
      expect(await k.run('logs -l app=talks --prefix --tail=1')).toMatch(/^\[pod\/talks-\S+\/main\] This/);
      expect(await k.run('logs -f --timestamps=false -c main deployment/talks')).toBe(line);
      const { stderr } = await k.try(['logs', 'deployment/talks', '-c', 'other']);
      expect(stderr).toMatch(/container other is not valid for pod talks-/);
    },
  },
  {
    verb: 'options',
    run: async (k) => expect(await k.run('options')).toMatch(/--as(=''|=| )/),
  },
  { verb: 'plugin', run: plugin },
  {
    verb: 'proxy',
    run: async (k) => {
      const path = `/api/v1/namespaces/${k.namespace}`;
      const seen = await k.serving('proxy --port=0', /127\.0\.0\.1:(\d+)/, async (port) =>
        (await fetch(`http://127.0.0.1:${port}${path}`)).json(),
      );
      expect(seen).toMatchObject({ kind: 'Namespace', metadata: { name: k.namespace } });
    },
  },
  {
    verb: 'top',
    run: async (k) => {
      await running(k, 'busy');
      await soon(async () => {
        expect(await k.run('top pods')).toMatch(/^busy +\d+m +\d+Mi *$/m);
        expect(await k.run('top pod busy --containers')).toMatch(/^(busy +)main +\d+m/m);
        expect(await k.run('top nodes --sort-by=memory')).toMatch(/^node-1 +\d+m +\d+% +\d+Mi +\d+%/m);
      });
    },
  },
  {
    verb: 'version',
    run: async (k) => {
      const { clientVersion, serverVersion } = JSON.parse(await k.run('version -o json'));
      expect([clientVersion.minor, serverVersion.major, serverVersion.minor]).toEqual([`${k.minor}`, '1', '36']);
    },
  },
];

async function clusterInfo(k: Kubectl): Promise<void> {
  expect(await k.run('cluster-info')).toMatch(/is running at .*https:\/\//);
  await rolledOut(k, 'dumped');
  const dump = await k.run(`cluster-info dump --namespaces=${k.namespace}`);
  for (const kind of ['NodeList', 'EventList', 'ServiceList', 'DeploymentList', 'PodList'])
    expect(dump).toContain(`"kind": "${kind}"`);
  expect(dump).toContain(`"name": "dumped"`);
  expect(dump).toMatch(/==== START logs for container main of pod \S+dumped-/);
}

async function plugin(k: Kubectl): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-plugin-'));
  await writeFile(join(dir, 'kubectl-greet'), '#!/bin/sh\necho "hello $1"\n', { mode: 0o755 });
  const env = { PATH: `${dir}:${process.env.PATH}` };
  expect((await k.try(['plugin', 'list'], { env })).stdout).toContain(join(dir, 'kubectl-greet'));
  await rm(dir, { recursive: true });
}
