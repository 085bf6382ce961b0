import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ApiProxy,
  type Cluster,
  create,
  eventTypes,
  idle,
  isReady,
  listen,
  named,
  podOf,
  resizes,
  resources,
  type ShownPod,
  type Sizes,
  shell,
  shown,
  startCluster,
  startProxy,
  stays,
} from './harness/index.ts';

// The names are those of the conformance tests whose rules these restate.
let cluster: Cluster;
let proxy: ApiProxy;

const pods = '/api/v1/namespaces/default/pods';
const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const k = (command: string) => cluster.kubectl(...command.split(' '));
const pod = (name: string) => proxy.ask<ShownPod>('GET', `${pods}/${name}`);
const soon = <T>(check: () => Promise<T>) => eventually(check, 120_000, 200);
const running = (name: string) =>
  soon(async () => {
    const found = await pod(name);
    if (!isReady(found)) throw new Error(JSON.stringify(found.status));
    return found;
  });
const gone = (name: string) => k(`wait --for=delete pod/${name} --timeout=120s`);

const sized = (name: string, all: object[]) =>
  podOf(name, { containers: all.map((each, i) => shell(stays, { name: `c${i}`, resources: each })) });
const resized = (name: string, expected: Sizes) =>
  soon(async () => {
    const { status, metadata } = await pod(name);
    expect(status.observedGeneration).toBe(metadata.generation);
    expect(status.conditions.filter(({ type }) => type.startsWith('PodResize'))).toEqual([]);
    expect(
      status.containerStatuses.map((each) => ({ size: each.resources ?? {}, restarts: each.restartCount })),
    ).toEqual(expected.map((size) => ({ size, restarts: 0 })));
  });

let handler: string;
const url = (message: string) => ({ host: handler, port: 8080, path: `/${message}` });
const heard = (message: string) => soon(async () => expect(await k('logs handler')).toContain(`url:/${message}`));

const runtimeClass = (name: string, more: object = {}) => ({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name },
  handler: 'runc',
  ...more,
});

beforeAll(async () => {
  cluster = await startCluster({ args: ['--nodes', '1'] });
  proxy = await startProxy(cluster);
  await create(cluster, [
    podOf('handler', { containers: [shell('httpd -f -vv -p 8080 -h /tmp')] }),
    ...resizes.map(({ before }, i) => sized(`resize-${i}`, before)),
    sized('resize-put', [resources('10m', '32Mi')]),
    idle('generation', {}, { activeDeadlineSeconds: 20_000 }),
    idle('custom', {}, { terminationGracePeriodSeconds: 5 }, { generation: 100, finalizers: ['test.io/hold'] }),
    idle('debugged'),
    idle('deadline', {}, { activeDeadlineSeconds: 600 }),
    idle('updated', {}, {}, { labels: { time: 'old' } }),
    ...['a', 'b', 'c'].map((name) => idle(`many-${name}`, {}, {}, { labels: { many: 'yes' } })),
    podOf('failing', { containers: [shell('exit 1')] }),
    idle('unready', { readinessProbe: { exec: { command: ['false'] }, periodSeconds: 1 } }),
    runtimeClass('plain'),
    runtimeClass('heavy', { overhead: { podFixed: { cpu: '10m', memory: '8Mi' } } }),
    runtimeClass('deleted'),
  ]);
  handler = (await running('handler')).status.podIP as string;
});
afterAll(async () => {
  proxy?.stop();
  await cluster?.destroy();
});

describe('Lifecycle hooks', () => {
  it('execute poststart http hook properly', async () => {
    await create(cluster, [idle('post-http', { lifecycle: { postStart: { httpGet: url('poststart') } } })]);
    await running('post-http');
    await heard('poststart');
  });

  it.each([
    [
      'execute prestop exec hook properly',
      'pre-exec',
      () => ({ exec: { command: ['wget', '-q', `http://${handler}:8080/pre-exec`] } }),
    ],
    ['execute prestop http hook properly', 'pre-http', () => ({ httpGet: url('pre-http') })],
    [
      'call prestop when killing a pod',
      'pre-shell',
      () => ({ exec: { command: ['sh', '-c', `wget -q http://${handler}:8080/pre-shell; true`] } }),
    ],
  ])('%s', async (_, name, preStop) => {
    const more = { terminationGracePeriodSeconds: 15 };
    await create(cluster, [idle(name, { lifecycle: { preStop: preStop() } }, more)]);
    await running(name);
    await k(`delete pod ${name} --timeout=120s`);
    await heard(name);
  });
});

describe('Ephemeral Containers', () => {
  const path = `${pods}/debugged/ephemeralcontainers`;
  const container = (name: string, more: object = {}) => shell('echo polo; sleep 600', { name, ...more });
  const shownBySubresource = async () => (await proxy.ask<ShownPod>('GET', path)).spec.ephemeralContainers;

  it('start an ephemeral container in an existing pod', async () => {
    expect((await running('debugged')).metadata.generation).toBe(1);
    const ephemeralContainers = [container('debugger', { stdin: true, tty: true })];
    await proxy.ask('PATCH', path, { spec: { ephemeralContainers } }, strategic);
    await soon(async () => expect(await k('logs debugged -c debugger')).toContain('polo'));
    expect((await pod('debugged')).metadata.generation).toBe(2);
    expect(await k('exec debugged -c debugger -- echo marco')).toContain('marco');
    expect(await shownBySubresource()).toHaveLength(1);
  });

  it('update the ephemeral containers in an existing pod', async () => {
    await eventually(async () => {
      const seen = await pod('debugged');
      seen.spec.ephemeralContainers?.push(container('second'));
      await proxy.ask('PUT', path, seen);
    });
    expect(await shownBySubresource()).toHaveLength(2);
    await soon(async () => expect(await k('logs debugged -c second')).toBe('polo\n'));
  });
});

describe('Pod InPlace Resize', () => {
  it.each(resizes.map((each, i) => ({ ...each, name: `resize-${i}` })))('$title', async ({
    name,
    before,
    change,
    after,
  }) => {
    await running(name);
    await resized(
      name,
      named(before).map((each) => shown(each.resources)),
    );
    await proxy.ask('PATCH', `${pods}/${name}/resize`, { spec: { containers: named(change) } }, strategic);
    await resized(name, after ?? change);
  });

  it('resize pod via the replace endpoint', async () => {
    const { status: _, ...rest } = await running('resize-put');
    const { status: __, ...seen } = await proxy.ask<ShownPod>('GET', `${pods}/resize-put/resize`);
    expect(seen).toEqual(rest);
    for (const container of seen.spec.containers) container.resources = resources('20m', '48Mi');
    await proxy.ask('PUT', `${pods}/resize-put/resize`, seen);
    await resized('resize-put', [resources('20m', '48Mi')]);
  });
});

describe('Pod Generation', () => {
  const converged = (name: string, generation: number) =>
    soon(async () => {
      const { metadata, status } = await pod(name);
      expect([metadata.generation, status.observedGeneration]).toEqual([generation, generation]);
    });

  it('pod generation should start at 1 and increment per update', async () => {
    await running('generation');
    await converged('generation', 1);
    await k('label pod generation a=b');
    await converged('generation', 1);
    const tolerations = [{ key: 'a', operator: 'Exists' }];
    await proxy.ask('PATCH', `${pods}/generation`, { spec: { tolerations } }, strategic);
    await converged('generation', 2);
  });

  it('issue 500 podspec updates and verify generation and observedGeneration eventually converge', async () => {
    for (let i = 1; i <= 498; i++) {
      await proxy.ask('PATCH', `${pods}/generation`, { spec: { activeDeadlineSeconds: 20_000 - i } }, merge);
    }
    await converged('generation', 500);
    expect((await pod('generation')).status.containerStatuses[0]?.restartCount).toBe(0);
  });

  it('custom-set generation on new pods and graceful delete', async () => {
    await running('custom');
    await converged('custom', 1);
    await k('delete pod custom --wait=false');
    await converged('custom', 2);
    await proxy.ask('PATCH', `${pods}/custom`, { metadata: { finalizers: null } }, merge);
    await gone('custom');
  });
});

describe('Pods', () => {
  it('allow activeDeadlineSeconds to be updated', async () => {
    await running('deadline');
    await proxy.ask('PATCH', `${pods}/deadline`, { spec: { activeDeadlineSeconds: 3 } }, merge);
    await soon(async () => {
      expect((await pod('deadline')).status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
    });
  });

  it('should be submitted and removed', async () => {
    const path = `${pods}?watch=1&fieldSelector=metadata.name%3Dremoved`;
    const { types, last } = await eventTypes<ShownPod>(proxy, path, async () => {
      await create(cluster, [idle('removed')]);
      await running('removed');
      await proxy.ask('DELETE', `${pods}/removed`, { gracePeriodSeconds: 30 });
    });
    expect(types).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(last.metadata.deletionTimestamp).toBeDefined();
    expect(last.spec.terminationGracePeriodSeconds).toBeGreaterThan(0);
    expect(await k('get pods --field-selector metadata.name=removed -o name')).toBe('');
  });

  it('should be updated', async () => {
    await running('updated');
    await k('label pod updated time=new --overwrite');
    expect(await k('get pods -l time=new -o name')).toBe('pod/updated\n');
    expect(await k('get pods -l time=old -o name')).toBe('');
  });

  it('contain environment variables for services', async () => {
    await k('create service clusterip fooservice --tcp=8765:8080');
    const ip = await k('get service fooservice -o jsonpath={.spec.clusterIP}');
    // A pod may start before its node has heard of the service: each restart of the container looks again.
    const script = '[ -n "$FOOSERVICE_SERVICE_HOST" ] && env';
    await create(cluster, [podOf('linked', { restartPolicy: 'OnFailure', containers: [shell(script)] })]);
    await soon(async () => {
      const said = await k('logs linked');
      for (const line of [
        `FOOSERVICE_SERVICE_HOST=${ip}`,
        'FOOSERVICE_SERVICE_PORT=8765',
        `FOOSERVICE_PORT=tcp://${ip}:8765`,
        'FOOSERVICE_PORT_8765_TCP_PROTO=tcp',
        `FOOSERVICE_PORT_8765_TCP_ADDR=${ip}`,
      ]) {
        expect(said).toContain(line);
      }
    });
  });

  it('should delete a collection of pods', async () => {
    await proxy.ask('DELETE', `${pods}?labelSelector=many%3Dyes`);
    await soon(async () => expect(await k('get pods -l many=yes -o name')).toBe(''));
  });

  it('should get a host IP', async () => {
    expect((await running('updated')).status.hostIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });

  it('should patch a pod status', async () => {
    const condition = { type: 'TestCondition', status: 'True', reason: 'Tested' };
    await proxy.ask('PATCH', `${pods}/updated/status`, { status: { conditions: [condition] } }, strategic);
    const change = { metadata: { annotations: { a: 'b' } }, status: { reason: 'E2E', message: 'Set by a test' } };
    expect(await proxy.ask('PATCH', `${pods}/updated/status`, change, merge)).toMatchObject(change);
    await soon(async () => {
      const { conditions } = (await pod('updated')).status;
      expect(conditions.find(({ type }) => type === 'TestCondition')).toMatchObject(condition);
      expect(conditions.length).toBeGreaterThan(4);
    });
  });

  it('run through the lifecycle of Pods and PodStatus', async () => {
    const { types } = await eventTypes(proxy, `${pods}?watch=1&fieldSelector=metadata.name%3Dlived`, async () => {
      await create(cluster, [idle('lived', {}, {}, { labels: { lived: 'yes' } })]);
      await running('lived');
      await proxy.ask('PATCH', `${pods}/lived`, { metadata: { labels: { patched: 'yes' } } }, merge);
      await eventually(async () => {
        const seen = await proxy.ask<ShownPod>('GET', `${pods}/lived/status`);
        for (const each of seen.status.conditions) if (/^(Containers)?Ready$/.test(each.type)) each.status = 'False';
        const put = await proxy.ask<ShownPod>('PUT', `${pods}/lived/status`, seen);
        expect(put.status.conditions).toEqual(seen.status.conditions);
      });
      await proxy.ask('DELETE', `${pods}?labelSelector=lived%3Dyes`, { gracePeriodSeconds: 1 });
    });
    expect(types).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });

  it('support remote command execution over websockets', async () => {
    await running('updated');
    const command = ['sh', '-c', 'echo remote'].map((word) => `command=${encodeURIComponent(word)}`).join('&');
    const path = `${pods}/updated/exec?${command}&stdout=1&stderr=1`;
    expect(await listen(proxy, path, 'v5.channel.k8s.io', true)).toBe('remote\n');
    expect(await listen(proxy, path, 'v4.channel.k8s.io', true)).toBe('remote\n');
    // What the suite itself offers.
    expect(await listen(proxy, path, 'channel.k8s.io', true)).toBe('remote\n');
  });

  it('support retrieving logs from the container over websockets', async () => {
    expect(await listen(proxy, `${pods}/debugged/log?container=second`, 'binary.k8s.io', false)).toBe('polo\n');
  });
});

describe('Kubelet', () => {
  it('always-failing command: should be possible to delete', async () => {
    await soon(async () => expect((await pod('failing')).status.containerStatuses[0]?.restartCount).toBeGreaterThan(0));
    await k('delete pod failing --timeout=120s');
  });
});

describe('Probing', () => {
  it('readiness that fails should never be ready and never restart', async () => {
    await soon(async () => {
      const events = await k('get events --field-selector involvedObject.name=unready -o jsonpath={.items[*].reason}');
      expect(events).toContain('Unhealthy');
    });
    const unready = await pod('unready');
    expect(isReady(unready)).toBe(false);
    expect(unready.status.containerStatuses[0]?.restartCount).toBe(0);
  });
});

describe('RuntimeClass', () => {
  const classed = (name: string, runtimeClassName: string) => idle(name, {}, { runtimeClassName });

  it.each([
    ['reject a Pod requesting a non-existent RuntimeClass', 'none'],
    ['reject a Pod requesting a deleted RuntimeClass', 'deleted'],
  ])('%s', async (_, name) => {
    if (name === 'deleted') await k('delete runtimeclass deleted');
    await expect(create(cluster, [classed('refused', name)])).rejects.toThrow(/RuntimeClass "?\w+"? not found/);
    const dryRun = fetch(`http://${proxy.address}${pods}?dryRun=All`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(classed('refused', name)),
    });
    expect((await dryRun).status).toBe(403);
  });

  it.each([
    ['schedule a Pod requesting a RuntimeClass without PodOverhead', 'plain', undefined],
    ['schedule a Pod requesting a RuntimeClass and initialize its Overhead', 'heavy', { cpu: '10m', memory: '8Mi' }],
  ])('%s', async (_, name, overhead) => {
    await create(cluster, [classed(`class-${name}`, name)]);
    const { spec } = await running(`class-${name}`);
    expect((spec as { overhead?: object }).overhead).toEqual(overhead);
  });
});

describe('Sysctls', () => {
  it('reject invalid sysctls', async () => {
    const sysctls = ['foo-', 'kernel.shmmax', 'safe-and-unsafe', 'bar..'].map((name) => ({ name, value: 'x' }));
    const refused = create(cluster, [idle('sysctls', {}, { securityContext: { sysctls } })]);
    const { message } = await refused.then(
      () => expect.fail('was taken'),
      (error: Error) => error,
    );
    expect(message).toMatch(/sysctls\[0\]\.name: Invalid value: "foo-".*sysctls\[3\]\.name: Invalid value: "bar\.\."/s);
    expect(message).not.toMatch(/kernel\.shmmax|safe-and-unsafe/);
  });
});

describe('Variable Expansion', () => {
  it('failing subpath expansion can be modified during the lifecycle of a container', async () => {
    const container = {
      env: [{ name: 'PART', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['part']" } } }],
      volumeMounts: [{ name: 'w', mountPath: '/sub', subPathExpr: '$(PART)/x' }],
    };
    await create(cluster, [idle('mended', container, { volumes: [{ name: 'w', emptyDir: {} }] })]);
    await soon(async () => {
      expect((await pod('mended')).status.containerStatuses?.[0]?.state.waiting?.reason).toBe(
        'CreateContainerConfigError',
      );
    });
    await k('annotate pod mended part=here');
    await running('mended');
    // It stays where it is, and can be removed, when the value is another.
    await k('annotate pod mended part=there --overwrite');
    await k('exec mended -- touch /sub/written');
    expect((await running('mended')).status.containerStatuses[0]?.restartCount).toBe(0);
    await k('delete pod mended --timeout=120s');
  });
});

describe.each([
  ['ReplicaSet', 'apps/v1', { matchLabels: { app: 'served-rs' } }, 'served-rs'],
  ['ReplicationController', 'v1', { app: 'served-rc' }, 'served-rc'],
])('%s', (kind, apiVersion, selector, app) => {
  it('serve a basic image on each replica with a public image', async () => {
    const server = shell('hostname >/tmp/index.html; httpd -f -p 8080 -h /tmp');
    const template = {
      metadata: { labels: { app } },
      spec: { terminationGracePeriodSeconds: 1, containers: [server] },
    };
    await create(cluster, [{ apiVersion, kind, metadata: { name: app }, spec: { replicas: 2, selector, template } }]);
    await soon(async () => {
      const names = (await k(`get pods -l app=${app} -o jsonpath={.items[*].metadata.name}`)).split(' ');
      expect(names).toHaveLength(2);
      for (const name of names) {
        const answer = await fetch(`http://${proxy.address}${pods}/${name}:8080/proxy/index.html`);
        expect(await answer.text()).toBe(`${name}\n`);
      }
    });
  });
});
