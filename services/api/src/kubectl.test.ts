import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Kubectl, type KubectlOptions } from './http/testing/kubectl.ts';
import { startApi, type TestApi } from './testing/start-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  // What the service account controller would do.
  await kubectl('create serviceaccount default');
});
afterAll(() => api?.stop());

/** Standard output; throws with what kubectl said when it fails. */
async function kubectl(command: string, options: KubectlOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await api.kubectl.run(command.split(' '), options);
  if (code !== 0) throw new Error(`kubectl ${command}: ${code}\n${stderr}`);
  return stdout;
}

async function refused(command: string, options: KubectlOptions = {}): Promise<string> {
  const { code, stderr } = await api.kubectl.run(command.split(' '), options);
  expect(code).not.toBe(0);
  return stderr;
}

const yaml = (object: object): KubectlOptions => ({ input: JSON.stringify(object) });

const deployment = (replicas: number, image = 'nginx:1') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }] },
    },
  },
});

const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels: { app: name } },
  spec: { containers: [{ name: 'main', image: 'busybox' }] },
});

describe('what guards the API', () => {
  it('is seen through kubectl: who serves what, and whose turn it is', async () => {
    await eventually(async () => {
      expect(await kubectl('get apiservices')).toMatch(/^v1\.apps +Local +True +/m);
    });
    expect(await kubectl('get flowschemas')).toMatch(/^global-default +global-default +9900 +ByUser/m);
    const config = await kubectl('get configmap -n kube-system extension-apiserver-authentication -o yaml');
    expect(config).toContain('requestheader-client-ca-file');
  });

  it('denies what a policy is against, once it is bound', async () => {
    const group = { apiVersion: 'admissionregistration.k8s.io/v1' };
    const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] };
    const spec = {
      failurePolicy: 'Fail',
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: "!object.metadata.name.startsWith('forbidden')", message: 'not by that name' }],
    };
    await kubectl(
      'apply -f -',
      yaml({ ...group, kind: 'ValidatingAdmissionPolicy', metadata: { name: 'names' }, spec }),
    );
    const bound = { policyName: 'names', validationActions: ['Deny'] };
    await kubectl(
      'apply -f -',
      yaml({ ...group, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'names' }, spec: bound }),
    );
    await eventually(async () => {
      expect(await refused('create configmap forbidden-one --dry-run=server')).toContain(
        "ValidatingAdmissionPolicy 'names' with binding 'names' denied request: not by that name",
      );
    });
    await kubectl('delete validatingadmissionpolicybinding,validatingadmissionpolicy names');
  });
});

describe.each(['kubectl-1.36', 'kubectl-1.32'])('%s', (binary) => {
  const own = (command: string, options: KubectlOptions = {}) => kubectl(command, { ...options, binary });

  it('finds the kinds by their names, short names and categories', async () => {
    expect(await own('version')).toContain('Server Version: v1.36');
    expect(await own('api-resources')).toMatch(/^configmaps +cm +v1 +true +ConfigMap$/m);
    expect(await own('get ns')).toMatch(/^NAME +STATUS +AGE\ndefault +Active/);
    expect(await own('get all -n kube-public')).toBe('');
  });

  it('creates from flags, applies, edits parts, and deletes', async () => {
    const name = `cm-${binary.replace('.', '-')}`;
    await own(`create configmap ${name} --from-literal=a=1`);
    await own(`label configmap ${name} tier=x`);
    await own(`annotate configmap ${name} note=hello`);
    await own(`patch configmap ${name} --type=json -p [{"op":"add","path":"/data/b","value":"2"}]`);
    await own(`patch configmap ${name} --type=merge -p {"data":{"a":null}}`);
    const text = JSON.parse(await own(`get configmap ${name} -o json`));
    expect(text).toMatchObject({
      data: { b: '2' },
      metadata: { labels: { tier: 'x' }, annotations: { note: 'hello' } },
    });
    expect(text.data).not.toHaveProperty('a');
    expect(await own(`delete configmap ${name}`)).toContain('deleted');
    expect(await own('get configmap --ignore-not-found -l tier=x')).toBe('');
  });

  it('applies a Deployment, changes it, scales it, waits for its end', async () => {
    await own('apply -f -', yaml(deployment(2)));
    expect(await own('apply -f -', yaml(deployment(2)))).toContain('unchanged');
    expect(await own('diff -f -', yaml(deployment(2)))).toBe('');
    expect(await own('apply -f -', yaml(deployment(3, 'nginx:2')))).toContain('configured');
    await own('scale deploy/web --replicas=5');
    await own('set image deploy/web web=nginx:3');
    const live = JSON.parse(await own('get deploy web -o json'));
    expect(live.spec).toMatchObject({ replicas: 5, strategy: { type: 'RollingUpdate' } });
    expect(live.spec.template.spec.containers[0]).toMatchObject({ image: 'nginx:3', imagePullPolicy: 'IfNotPresent' });
    expect(await own('get deploy')).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +0\/5 +0 +0/);
    expect(await own('describe deploy web')).toContain('Selector:               app=web');
    await own('delete deploy web --wait');
  });

  it('applies on the server, with owners of fields', async () => {
    await own('apply --server-side -f -', yaml(deployment(1)));
    const conflict = await refused('apply --server-side --field-manager=other -f -', {
      ...yaml(deployment(2)),
      binary,
    });
    expect(conflict).toContain('conflict with "kubectl"');
    await own('apply --server-side --field-manager=other --force-conflicts -f -', yaml(deployment(2)));
    expect(JSON.parse(await own('get deploy web -o json')).spec.replicas).toBe(2);
    await own('delete deploy web');
  });

  it('watches, waits and describes a pod', async () => {
    await own('apply -f -', yaml(pod('p')));
    const watching = api.kubectl.spawn(['get', 'pods', 'p', '-w'], { binary });
    let seen = '';
    watching.stdout?.on('data', (chunk) => (seen += chunk));
    await eventually(() => expect(seen).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\np +0\/1 +Pending +0/));
    const waiting = own('wait pod/p --for=condition=Ready --timeout=60s');
    const status = { conditions: [{ type: 'Ready', status: 'True' }], phase: 'Running' };
    await own(`patch pod p --subresource=status --type=merge -p ${JSON.stringify({ status })}`);
    expect(await waiting).toContain('condition met');
    await eventually(() => expect(seen).toMatch(/Running/));
    watching.kill();
    expect(await own('describe pod p')).toMatch(/^Name: +p\n/);
    await own('delete pod p --grace-period=0 --force');
    await own('wait pod/p --for=delete --timeout=60s');
  });

  it('explains fields, and refuses those that are none', async () => {
    expect(await own('explain pod.spec.containers.image')).toContain('FIELD: image <string>');
    const wrong = { ...pod('bad'), spec: { ...pod('bad').spec, nonsense: true } };
    const { stderr } = await api.kubectl.run(['create', '-f', '-'], { ...yaml(wrong), binary });
    expect(stderr).toContain('unknown field "spec.nonsense"');
  });

  it('asks who it is and what it may', async () => {
    expect(await own('auth whoami')).toMatch(/Username +kubernetes-admin/);
    expect(await own('auth can-i delete nodes')).toBe('yes\n');
    const no = await api.kubectl.run(['auth', 'can-i', 'delete', 'nodes', '--as=jane'], { binary });
    expect(no).toMatchObject({ code: 1, stdout: 'no\n' });
    expect(await refused('get secrets --as=jane', { binary })).toContain(
      'secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "default"',
    );
  });
});

it('lists in pages', async () => {
  const items = Array.from({ length: 30 }, (_, i) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `page-${i}`, namespace: 'kube-public' },
  }));
  await kubectl('create -f -', yaml({ apiVersion: 'v1', kind: 'List', items }));
  const names = await kubectl('get cm -n kube-public --chunk-size=7 -o name');
  expect(names.trim().split('\n')).toHaveLength(30);
});

it('gives service accounts tokens that work until the account is gone', async () => {
  await kubectl('create serviceaccount robot');
  const token = (await kubectl('create token robot')).trim();
  const robot = await Kubectl.create({
    url: api.url,
    ca: await readFile(join(api.dir, 'services/api/ca.crt'), 'utf8'),
    token,
  });
  const { stdout } = await robot.run(['auth', 'whoami', '-o', 'json']);
  expect(JSON.parse(stdout).status.userInfo).toMatchObject({
    username: 'system:serviceaccount:default:robot',
    groups: expect.arrayContaining(['system:serviceaccounts', 'system:serviceaccounts:default']),
  });
  expect((await robot.run(['get', 'pods'])).stderr).toContain('pods is forbidden');
  await kubectl('create rolebinding robot --clusterrole=view --serviceaccount=default:robot');
  await eventually(async () => expect(await robot.run(['get', 'pods'])).toMatchObject({ code: 0 }));
  await kubectl('delete serviceaccount robot');
  await eventually(async () => expect((await robot.run(['get', 'pods'])).stderr).toContain('Unauthorized'));
  await robot.remove();
});

it('says the same on every replica at once', async () => {
  const other = await api.replica();
  await kubectl('create configmap shared --from-literal=a=1');
  expect(await kubectl(`get cm shared -o name --server=${other}`)).toBe('configmap/shared\n');
});
