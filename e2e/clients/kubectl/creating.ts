import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';
import type { Case, Kubectl } from './case.ts';
import { configMap, deployment, rolledOut, soon } from './objects.ts';

/** create with each of its kinds, and what else makes objects or ends them. */
export const creating: Case[] = [
  { verb: 'create each of its kinds', run: createAll },
  {
    verb: 'create token',
    since: 24,
    run: async (k) => {
      await k.run('create serviceaccount robot');
      const token = (await k.run('create token robot --duration=10m --audience=shop')).trim();
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      expect(claims).toMatchObject({ sub: `system:serviceaccount:${k.namespace}:robot`, aud: ['shop'] });
    },
  },
  {
    verb: 'create -f, --dry-run, --save-config, again',
    run: async (k) => {
      expect(await k.pipe(configMap('made'), 'create -f - --dry-run=server')).toContain('created (server dry run)');
      expect(await k.pipe(configMap('made'), 'create -f - --save-config')).toBe('configmap/made created\n');
      expect(await k.run('get cm made -o jsonpath={.metadata.annotations}')).toContain('last-applied-configuration');
      const again = await k.try(['create', '-f', '-'], { input: JSON.stringify(configMap('made')) });
      expect(again.stderr).toContain('Error from server (AlreadyExists)');
      expect(again.stderr).toContain('configmaps "made" already exists');
    },
  },
  {
    verb: 'run',
    run: async (k) => {
      await k.run('run runs --image=busybox --port=80 --env=A=b --labels=app=runs -- sleep 60');
      await k.run('wait --for=condition=Ready pod/runs --timeout=120s');
      const { spec } = JSON.parse(await k.run('get pod runs -o json'));
      expect(spec.containers).toMatchObject([
        { args: ['sleep', '60'], env: [{ name: 'A', value: 'b' }], ports: [{ containerPort: 80 }] },
      ]);
      expect(await k.run('run ran --image=busybox --dry-run=client -o yaml')).toContain('name: ran\n');
    },
  },
  {
    verb: 'expose',
    run: async (k) => {
      await k.pipe(deployment('exposed', 0), 'apply -f -');
      expect(await k.run('expose deployment exposed --port=80 --target-port=8080 --type=NodePort')).toBe(
        'service/exposed exposed\n',
      );
      const { spec } = JSON.parse(await k.run('get service exposed -o json'));
      expect(spec).toMatchObject({ selector: { app: 'exposed' }, ports: [{ port: 80, targetPort: 8080 }] });
      expect(spec.ports[0].nodePort).toBeGreaterThanOrEqual(30_000);
      await k.run('expose service exposed --port=81 --name=exposed-too');
      expect(await k.run('get service exposed-too -o jsonpath={.spec.selector}')).toBe('{"app":"exposed"}');
    },
  },
  {
    verb: 'autoscale',
    run: async (k) => {
      await k.pipe(deployment('scaled', 0), 'apply -f -');
      const cpu = k.minor >= 34 ? '--cpu=70%' : '--cpu-percent=70';
      await k.run(`autoscale deployment scaled --min=2 --max=5 ${cpu}`);
      const { spec } = JSON.parse(await k.run('get hpa scaled -o json'));
      expect(spec).toMatchObject({
        minReplicas: 2,
        maxReplicas: 5,
        scaleTargetRef: { kind: 'Deployment', name: 'scaled' },
      });
      expect(
        await k.run(
          'get horizontalpodautoscalers.v1.autoscaling scaled -o jsonpath={.spec.targetCPUUtilizationPercentage}',
        ),
      ).toBe('70');
    },
  },
  {
    verb: 'delete by name, selector, file, all, with cascades',
    run: async (k) => {
      for (const name of ['del-a', 'del-b', 'del-c']) await k.pipe(configMap(name), 'apply -f -');
      await k.run('label cm del-b remove=yes');
      expect(await k.run('delete cm del-a')).toMatch(/^configmap "del-a" deleted/);
      expect(await k.run('delete cm -l remove=yes')).toMatch(/^configmap "del-b" deleted/);
      expect(await k.pipe(configMap('del-c'), 'delete -f -')).toMatch(/^configmap "del-c" deleted/);
      expect(await k.run('get cm -o name')).not.toContain('del-');
      await rolledOut(k, 'del-orphan');
      await k.run('delete deployment del-orphan --cascade=orphan');
      expect(await k.run('get rs -l app=del-orphan -o name')).toContain('del-orphan-');
      await k.run('delete rs -l app=del-orphan --cascade=foreground --timeout=120s');
      expect(await k.run('get pods -l app=del-orphan -o name')).toBe('');
      expect(await k.run('run del-now --image=busybox')).toContain('created');
      await k.run('delete pod del-now --now --timeout=120s');
      // Of a kind that nothing else that goes on in the namespace makes.
      await k.pipe(
        { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'del-all' } },
        'apply -f -',
      );
      expect(await k.run('delete leases --all')).toMatch(/"del-all" deleted/);
      expect(await k.run('get leases -o name')).toBe('');
    },
  },
  { verb: 'certificate approve, deny', run: certificates },
  {
    verb: 'auth can-i, reconcile, whoami',
    run: async (k) => {
      expect(await k.run('auth can-i create pods')).toBe('yes\n');
      const eve = await k.try(['auth', 'can-i', 'list', 'secrets', '--as=eve']);
      expect(eve).toMatchObject({ code: 1, stdout: expect.stringMatching(/^no/) });
      expect(await k.run('auth can-i --list')).toMatch(/^\*\.\* +\[\] +\[\] +\[\*\]$/m);
      const role = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'reconciled', namespace: k.namespace },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      };
      expect(await k.pipe(role, 'auth reconcile -f -')).toContain(
        'role.rbac.authorization.k8s.io/reconciled reconciled',
      );
      if (k.minor >= 28) expect(await k.run('auth whoami')).toMatch(/^Groups +\[system:masters/m);
    },
  },
];

/** With the oldest version that can: 1.20 asks for versions of CronJobs and budgets that Kubernetes 1.36 serves no more. */
const kinds: [string, string, number][] = [
  ['clusterrole OWN --verb=get --resource=pods', 'clusterrole.rbac.authorization.k8s.io/OWN', 0],
  ['clusterrolebinding OWN --clusterrole=view --user=eve', 'clusterrolebinding.rbac.authorization.k8s.io/OWN', 0],
  ['configmap k --from-literal=a=b', 'configmap/k', 0],
  ['cronjob k --image=busybox --schedule=@yearly', 'cronjob.batch/k', 21],
  ['deployment k --image=busybox --replicas=0', 'deployment.apps/k', 0],
  ['ingress k --rule=shop.example/*=k:80', 'ingress.networking.k8s.io/k', 0],
  ['job k --image=busybox -- true', 'job.batch/k', 0],
  ['namespace OWN', 'namespace/OWN', 0],
  ['poddisruptionbudget k --selector=app=k --min-available=1', 'poddisruptionbudget.policy/k', 21],
  ['priorityclass OWN --value=7', 'priorityclass.scheduling.k8s.io/OWN', 0],
  ['quota k --hard=secrets=1000', 'resourcequota/k', 0],
  ['role k --verb=get --resource=pods', 'role.rbac.authorization.k8s.io/k', 0],
  ['rolebinding k --clusterrole=view --group=g', 'rolebinding.rbac.authorization.k8s.io/k', 0],
  ['secret generic k --from-literal=a=b', 'secret/k', 0],
  ['secret docker-registry r --docker-server=s --docker-username=u --docker-password=p', 'secret/r', 0],
  ['service clusterip c --tcp=80', 'service/c', 0],
  ['service nodeport n --tcp=80', 'service/n', 0],
  ['service loadbalancer l --tcp=80', 'service/l', 0],
  ['service externalname e --external-name=shop.example', 'service/e', 0],
  ['serviceaccount k', 'serviceaccount/k', 0],
];

async function createAll(k: Kubectl): Promise<void> {
  const own = k.own('created');
  for (const [flags, name, since] of kinds) {
    if (k.minor < since) continue;
    const command = `create ${flags.replace('OWN', own)}`;
    expect(await k.run(command)).toBe(`${name.replace('OWN', own)} created\n`);
  }
  await k.run(`delete namespace ${own} --wait=false`);
  await k.run(`delete clusterrole,clusterrolebinding,priorityclass ${own}`);
  await soon(async () => expect(await k.run(`get namespace ${own} --ignore-not-found`)).toBe(''));
}

/** Asked for by hand, so that nothing but kubectl is needed; 1.20 approves by v1 too. */
async function certificates(k: Kubectl): Promise<void> {
  const request = (name: string) => ({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: { request: signingRequest(), signerName: 'shop.example/own', usages: ['client auth'] },
  });
  const condition = (name: string) => k.run(`get csr ${name} -o jsonpath={.status.conditions[*].type}`);
  const [yes, no] = [k.own('approved'), k.own('denied')];
  await k.pipe(request(yes), 'create -f -');
  await k.pipe(request(no), 'create -f -');
  expect(await k.run(`certificate approve ${yes}`)).toMatch(/approved$/m);
  expect(await k.run(`certificate deny ${no}`)).toMatch(/denied$/m);
  expect([await condition(yes), await condition(no)]).toEqual(['Approved', 'Denied']);
  expect(await k.run('get csr')).toMatch(new RegExp(`^${no} .* Denied$`, 'm'));
}

const signingRequest = () => {
  const key = ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null'];
  return execFileSync('openssl', [...key, '-subj', '/CN=eve'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString(
    'base64',
  );
};
