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

// With kubectl as the conformance suite goes about it, as far as it shows without nodes and controllers.
describe('the suite', () => {
  const labels = { app: 'agnhost', role: 'primary' };
  const containers = [{ name: 'main', image: 'httpd:1', ports: [{ name: 'server', containerPort: 6379 }] }];
  const read = async (what: string) => JSON.parse(await kubectl(`get ${what} -o json`));

  /** Each line of `required` in a line of its own, in their order, with all its parts. */
  async function expectDescribed(what: string, required: string): Promise<void> {
    const lines = (await kubectl(`describe ${what}`)).split('\n');
    let at = 0;
    for (const parts of required.split(', ').map((line) => line.split('|'))) {
      at = lines.findIndex((line, index) => index >= at && line.includes(parts[0] ?? ''));
      for (const part of parts) expect(lines[at], `${what}: ${lines.join('\n')}`).toContain(part);
    }
  }

  it('runs a pod, gives it another image by a replacement that is tried before, and a label that shows in a column', async () => {
    await kubectl('run suite --restart=Never --image=httpd:1');
    const { spec, ...rest } = await read('pod suite');
    expect(spec).toMatchObject({ restartPolicy: 'Never', containers: [{ image: 'httpd:1' }] });
    const replaced = { ...rest, spec: { ...spec, containers: [{ ...spec.containers[0], image: 'busybox:1' }] } };
    const image = async () => (await read('pod suite')).spec.containers[0].image;
    await kubectl('replace -f - --dry-run=server', yaml(replaced));
    expect(await image()).toBe('httpd:1');
    await kubectl('replace -f -', yaml(replaced));
    expect(await image()).toBe('busybox:1');
    await kubectl('label pods suite testing-label=testing-label-value');
    expect(await kubectl('get pod suite -L testing-label')).toContain('testing-label-value');
    await kubectl('label pods suite testing-label-');
    expect(await kubectl('get pod suite -L testing-label')).not.toContain('testing-label-value');
  });

  it('describes a ReplicationController and its Service, applies over them, and exposes them', async () => {
    const template = { metadata: { labels }, spec: { containers } };
    const spec = { replicas: 1, selector: labels, template };
    const rc = { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'primary', labels }, spec };
    await kubectl('create -f -', yaml(rc));
    await expectDescribed(
      'rc primary',
      'Name:|primary, Namespace:|default, Selector:|app=agnhost,role=primary, Labels:|app=agnhost, role=primary, Annotations:, Replicas:|0 current|1 desired, Pods Status:|0 Running|0 Waiting|0 Succeeded|0 Failed, Pod Template:, Image:|httpd:1, Events:',
    );
    await kubectl('apply -f -', yaml({ ...rc, metadata: { name: 'primary', labels: { ...labels, more: 'yes' } } }));
    expect(await kubectl('get rc -l more=yes -o name')).toBe('replicationcontroller/primary\n');
    const ports = [{ port: 6379, targetPort: 'server' }];
    const service = { ...rc, kind: 'Service', spec: { type: 'NodePort', ports, selector: labels } };
    await kubectl('create -f -', yaml(service));
    const { nodePort } = (await read('service primary')).spec.ports[0];
    await kubectl('apply -f -', yaml(service));
    expect((await read('service primary')).spec.ports[0].nodePort).toBe(nodePort);
    await expectDescribed(
      'service primary',
      'Name:|primary, Labels:|app=agnhost, role=primary, Selector:|app=agnhost|role=primary, Type:|NodePort, IP:, Port:|<unset>|6379/TCP, Endpoints:, Session Affinity:|None',
    );
    await kubectl('expose rc primary --name=rm2 --port=1234 --target-port=6379');
    await kubectl('expose service rm2 --name=rm3 --port=2345 --target-port=6379');
    const exposed = await Promise.all(['rm2', 'rm3'].map((name) => read(`service ${name}`)));
    const found = exposed.map((one) =>
      one.spec.ports.map((port: Record<string, number>) => [port.port, port.targetPort]),
    );
    expect(found).toEqual([[[1234, 6379]], [[2345, 6379]]]);
  });

  it('keeps scaled replicas where what was last applied does not speak of them', async () => {
    const web = deployment(2);
    const { replicas: _, ...silent } = web.spec;
    await kubectl('apply -f -', yaml(web));
    const last = () => kubectl('apply view-last-applied deployment/web -o json');
    expect(await last()).toContain('"replicas": 2');
    await kubectl('apply set-last-applied -f -', yaml({ ...web, spec: silent }));
    expect(await last()).not.toContain('"replicas"');
    await kubectl('scale deployment web --replicas=3');
    const { template } = deployment(0, 'nginx:9').spec;
    await kubectl('apply -f -', yaml({ ...web, spec: { ...silent, template } }));
    const { spec } = await read('deployment web');
    expect([spec.replicas, spec.template.spec.containers[0].image]).toEqual([3, 'nginx:9']);
    await kubectl('delete deployment web');
  });

  it('goes over from applying as client to applying on the server, and drops no field that admission gave', async () => {
    const moved = yaml(pod('moved'));
    await kubectl('apply -f -', moved);
    const { code, stderr } = await api.kubectl.run(['apply', '--server-side', '-f', '-'], moved);
    expect([code, stderr]).toEqual([0, '']);
    const { metadata, spec } = JSON.parse(await kubectl('get pod moved -o json --show-managed-fields'));
    expect(metadata.managedFields.map(({ manager }: { manager: string }) => manager)).not.toContain(
      'kubectl-client-side-apply',
    );
    expect(spec).toMatchObject({ serviceAccountName: 'default', volumes: [{ projected: {} }] });
  });

  it('describes a CronJob and a namespace, and gets each component status', async () => {
    const template = { spec: { containers, restartPolicy: 'OnFailure' } };
    const schedule = { schedule: '*/1 * * * *', startingDeadlineSeconds: 30, concurrencyPolicy: 'Allow' };
    const spec = { ...schedule, jobTemplate: { spec: { template } } };
    await kubectl('create -f -', yaml({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'suite' }, spec }));
    await expectDescribed(
      'cronjob suite',
      'Name:|suite, Namespace:|default, Labels:, Annotations:, Schedule:|*/1 * * * *, Concurrency Policy:|Allow, Suspend:|False, Successful Job History Limit:|3, Failed Job History Limit:|1, Starting Deadline Seconds:|30s, Selector:, Parallelism:, Completions:',
    );
    await expectDescribed('namespace default', 'Name:|default, Labels:, Annotations:, Status:|Active');
    const names = (await kubectl('get componentstatuses -o jsonpath={.items[*].metadata.name}')).split(' ');
    for (const name of names) expect(await kubectl(`get componentstatuses ${name}`)).toMatch(/Healthy/);
  });

  it('taints a node in several ways under one key, and takes them away by effect, or all at once', async () => {
    await kubectl('create -f -', yaml({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'suite' } }));
    const taints = ['a:NoSchedule', 'b:PreferNoSchedule', 'c:NoExecute'].map((rest) => `example.com/key=${rest}`);
    for (const taint of taints) await kubectl(`taint nodes suite ${taint}`);
    const described = await kubectl('describe node suite');
    for (const taint of taints) expect(described).toContain(taint);
    await kubectl('taint nodes suite example.com/key:NoSchedule-');
    expect(await kubectl('describe node suite')).not.toContain(taints[0]);
    await kubectl('taint nodes suite example.com/key-');
    expect(await kubectl('describe node suite')).toMatch(/^Taints: +node.kubernetes.io\/not-ready:NoSchedule\nUnsch/m);
  });

  it('makes quotas without scopes and with such as there are', async () => {
    await kubectl('create quota million --hard=pods=1000000,services=1000000 -n kube-public');
    expect((await read('quota million -n kube-public')).spec).toEqual({ hard: { pods: '1M', services: '1M' } });
    await kubectl('create quota scopes --hard=pods=1000000 --scopes=BestEffort,NotTerminating -n kube-public');
    expect((await read('quota scopes -n kube-public')).spec.scopes).toEqual(['BestEffort', 'NotTerminating']);
    expect(await refused('create quota odd --hard=pods=1000000 --scopes=Foo')).toContain('unsupported scope');
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
