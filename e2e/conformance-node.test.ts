import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Cluster,
  create,
  type PodCase,
  PodCases,
  type ShownPod,
  script,
  shell,
  startCluster,
  stays,
} from './harness/index.ts';
import {
  cat,
  counted,
  env,
  environment,
  expanding,
  failing,
  field,
  get,
  hosts,
  initial,
  inOrder,
  managed,
  neverRestarted,
  onError,
  probe,
  refusedPath,
  resource,
  restartedBy,
  running,
  says,
  security,
  serve,
  terminated,
  uninitialized,
  withInit,
  work,
} from './harness/node-cases.ts';

// The names are those of the conformance tests whose rules these restate.
let cluster: Cluster;

const statusOf = (restartPolicy: string, phase: PodCase['phase'], restarts: number, ends: string): PodCase => {
  const { text, title, volumes, container } = counted('run with the expected status', ends);
  const judge = (_: string, pod: ShownPod) => {
    expect(pod.status.containerStatuses[0]).toMatchObject({ restartCount: restarts, ready: phase === 'Running' });
  };
  // A container that is about to end is Running and ready too, for a moment: only the last one is judged.
  const until = ({ status }: ShownPod) => (status.containerStatuses?.[0]?.restartCount ?? 0) >= restarts;
  return { ...script(title, text, judge, container, { restartPolicy, volumes }), until, ...(phase && { phase }) };
};

const groups: Record<string, PodCase[]> = {
  ConfigMap: environment('configMap', [
    'consumable as environment variable names with various prefixes',
    'consumable via environment variable',
    'consumable via the environment',
  ]),
  Secrets: environment('secret', [
    'consumable as environment variable names with various prefixes',
    'consumable from pods in env vars',
    'consumable via the environment',
  ]),
  'Lifecycle hooks': [
    script('execute poststart exec hook properly', 'until [ -e /tmp/hi ]; do sleep 0.1; done; cat /tmp/hi', 'hi\n', {
      lifecycle: { postStart: { exec: { command: ['sh', '-c', 'echo hi >/tmp/new; mv /tmp/new /tmp/hi'] } } },
    }),
  ],
  'Container Runtime': [
    script(
      'termination message empty when pod succeeds and FallbackToLogsOnError',
      'echo log',
      terminated(undefined),
      onError,
    ),
    script(
      'termination message from file when pod succeeds and FallbackToLogsOnError',
      'echo log; echo -n OK >/dev/termination-log',
      terminated('OK'),
      onError,
    ),
    failing(
      script(
        'termination message from log output if FallbackToLogsOnError',
        'echo -n DONE; exit 1',
        terminated('DONE'),
        onError,
      ),
    ),
    script(
      'termination message as non-root user and at a non-default path',
      'echo -n DONE >/dev/termination-custom-log',
      terminated('DONE'),
      { terminationMessagePath: '/dev/termination-custom-log', securityContext: { runAsUser: 10000 } },
    ),
    statusOf('Always', 'Running', 2, `[ $n -gt 1 ] || exit 1; [ $n -gt 2 ] || exit 0; ${stays}`),
    statusOf('OnFailure', 'Succeeded', 1, '[ $n -gt 1 ]'),
    statusOf('Never', 'Failed', 0, 'exit 1'),
  ],
  Containers: [
    { title: "override the image's default arguments", spec: one({ args: ['echo', 'a', 'b'] }), log: 'a b\n' },
    { title: "override the image's default command", spec: one({ command: ['/bin/uname'] }), log: 'Linux\n' },
    {
      title: "override the image's default command and arguments",
      spec: one({ command: ['/bin/echo'], args: ['c', 'd'] }),
      log: 'c d\n',
    },
    { title: 'use the image defaults if command and args are blank', spec: one({}), log: '' },
  ],
  'Downward API': [
    script('limits.cpu/memory and requests.cpu/memory as env vars', 'echo $CL $ML $CR $MR', '250 64 25 24576\n', {
      resources: { requests: { cpu: '25m', memory: '24Mi' }, limits: { cpu: '250m', memory: '64Mi' } },
      env: [
        resource('CL', 'limits.cpu', '1m'),
        resource('ML', 'limits.memory', '1Mi'),
        resource('CR', 'requests.cpu', '1m'),
        resource('MR', 'requests.memory', '1Ki'),
      ],
    }),
    script('default limits.cpu/memory from node allocatable', 'echo $C $M', says(/^[1-9]\d* [1-9]\d{6,}\n$/), {
      env: [resource('C', 'limits.cpu', '1'), resource('M', 'limits.memory', '1')],
    }),
    script('provide host IP as an env var', 'echo $IP', (log, pod) => expect(log).toBe(`${pod.status.hostIP}\n`), {
      env: [field('IP', 'status.hostIP')],
    }),
    script('provide hostIPs as an env var', 'echo $IP', (log, pod) => expect(log).toBe(`${pod.status.hostIP}\n`), {
      env: [field('IP', 'status.hostIPs')],
    }),
    script('provide pod UID as env vars', 'echo $U', (log, pod) => expect(log).toBe(`${pod.metadata.uid}\n`), {
      env: [field('U', 'metadata.uid')],
    }),
    script(
      'provide pod name, namespace and IP address as env vars',
      'echo $N $NS; [ $IP = $(hostname -i) ] && echo same',
      (log, pod) => expect(log).toBe(`${pod.metadata.name} default\nsame\n`),
      { env: [field('N', 'metadata.name'), field('NS', 'metadata.namespace'), field('IP', 'status.podIP')] },
    ),
  ],
  InitContainer: [
    running(
      withInit(
        'invoke init containers on a RestartAlways pod',
        initial('true', 'true'),
        inOrder,
        `cat /w/order; ${stays}`,
      ),
    ),
    withInit('invoke init containers on a RestartNever pod', initial('true', 'true'), inOrder, 'cat /w/order'),
    failing(
      withInit(
        'not start app containers and fail the pod if init containers fail on a RestartNever pod',
        initial('true', 'false'),
        uninitialized('init1'),
        'echo no',
      ),
    ),
    {
      ...withInit(
        'not start app containers if init containers fail on a RestartAlways pod',
        initial('false', 'true'),
        (log, pod) => {
          uninitialized('init0', 'init1')(log, pod);
          expect(pod.status.initContainerStatuses?.[1]?.state.waiting?.reason).toBe('PodInitializing');
        },
        'echo no',
        { restartPolicy: 'Always' },
      ),
      phase: 'Pending',
      until: (pod) => (pod.status.initContainerStatuses?.[0]?.restartCount ?? 0) > 1,
    },
  ],
  Kubelet: [
    script('busybox command: print the output to logs', 'echo out; echo err >&2', (log) => {
      expect(log.split('\n').sort()).toEqual(['', 'err', 'out']);
    }),
    failing(
      script('always-failing command: should have an terminated reason', 'exit 3', (_, pod) =>
        expect(pod.status.containerStatuses[0]?.state.terminated).toMatchObject({ reason: 'Error', exitCode: 3 }),
      ),
    ),
    security(
      'read only busybox container should not write to root filesystem',
      'exec 2>&1; echo x >/file || echo refused',
      says(/Read-only file system\nrefused/),
      { readOnlyRootFilesystem: true },
    ),
    script(
      'Pod with hostAliases should write entries to /etc/hosts',
      'cat /etc/hosts',
      says(/^123\.45\.67\.89\tfoo\tbar$/m),
      {},
      {
        hostAliases: [{ ip: '123.45.67.89', hostnames: ['foo', 'bar'] }],
      },
    ),
  ],
  KubeletManagedEtcHosts: [
    script('test kubelet managed /etc/hosts file', 'cat /etc/hosts', says(managed)),
    script('test kubelet managed /etc/hosts file', 'wc -c </etc/hosts', '0\n', hosts, {
      volumes: [{ name: 'w', emptyDir: {} }],
      initContainers: [shell('touch /w/own', { name: 'make', volumeMounts: [work] })],
      containers: [shell('wc -c </etc/hosts', { volumeMounts: [{ ...hosts.volumeMounts[0], subPath: 'own' }] })],
    }),
    script(
      'test kubelet managed /etc/hosts file',
      'cat /etc/hosts',
      (log) => expect(log).not.toContain(`${managed}.`),
      {},
      {
        hostNetwork: true,
      },
    ),
  ],
  Probing: [
    running(
      script('not restarted with a /healthz http liveness probe', `${serve}; ${stays}`, neverRestarted, probe(get)),
    ),
    running(
      script(
        'not restarted with a exec "cat /tmp/health" liveness probe',
        `echo ok >/tmp/health; ${stays}`,
        neverRestarted,
        probe(cat),
      ),
    ),
    running(
      script(
        'not restarted with a tcp:8080 liveness probe',
        `${serve}; ${stays}`,
        neverRestarted,
        probe({ tcpSocket: { port: 8080 } }),
      ),
    ),
    restartedBy('restarted with a /healthz http liveness probe', serve, 'rm /www/healthz', get),
    restartedBy(
      'restarted with a exec "cat /tmp/health" liveness probe',
      'echo ok >/tmp/health',
      'rm /tmp/health',
      cat,
    ),
    running(
      script(
        'readiness: not be ready before initial delay and never restart',
        stays,
        (_, pod) => {
          const at = (type: string) =>
            Date.parse(pod.status.conditions.find((each) => each.type === type)?.lastTransitionTime as string);
          expect(at('Ready') - at('Initialized')).toBeGreaterThanOrEqual(6_000);
          neverRestarted('', pod);
        },
        { readinessProbe: { exec: { command: ['true'] }, initialDelaySeconds: 7, periodSeconds: 1 } },
      ),
    ),
  ],
  'Security Context': [
    security('run the container with uid 65534', 'id -u', '65534\n', { runAsUser: 65534 }),
    security(
      'run the container as unprivileged when false',
      'ip link add d0 type dummy || echo refused',
      says('refused'),
      {
        privileged: false,
      },
    ),
    security('writable rootfs when readOnlyRootFilesystem=false', 'touch /f && echo ok', 'ok\n', {
      readOnlyRootFilesystem: false,
    }),
    security('container RunAsUser And RunAsGroup', 'id -u; id -g', '1001\n2002\n', {
      runAsUser: 1001,
      runAsGroup: 2002,
    }),
    security(
      'pod RunAsUser And RunAsGroup',
      'id -u; id -g',
      '1001\n2002\n',
      {},
      {
        securityContext: { runAsUser: 1001, runAsGroup: 2002 },
      },
    ),
    security('not allow privilege escalation when false', 'grep NoNewPrivs /proc/self/status', 'NoNewPrivs:\t1\n', {
      allowPrivilegeEscalation: false,
      runAsUser: 1000,
    }),
  ],
  Sysctls: [
    script(
      'support sysctls',
      'cat /proc/sys/kernel/shm_rmid_forced',
      '1\n',
      {},
      {
        securityContext: { sysctls: [env('kernel.shm_rmid_forced', '1')] },
      },
    ),
  ],
  'Variable Expansion': [
    script('composing env vars into new env vars', 'echo "$C"', 'a-value;;b-value\n', {
      env: [env('A', 'a-value'), env('B', 'b-value'), env('C', '$(A);;$(B)')],
    }),
    {
      title: "substituting values in a container's args",
      spec: one({ command: ['echo'], args: ['$(A)', '$$(A)', '$(NONE)'], env: [env('A', 'a')] }),
      log: 'a $(A) $(NONE)\n',
    },
    {
      title: "substituting values in a container's command",
      spec: one({ command: ['echo', '$(A)'], env: [env('A', 'a')] }),
      log: 'a\n',
    },
    expanding('substituting values in a volume subpath', '$(POD_NAME)/x', 'touch /sub/f; ls /whole/*/x', 'f\n'),
    expanding('succeed in writing subpaths in container', 'p/$(POD_NAME)', 'echo hi >/sub/f; cat /whole/p/*/f', 'hi\n'),
    refusedPath('fail substituting values in a volume subpath with absolute path', '/tmp'),
    refusedPath('fail substituting values in a volume subpath with backticks', '..'),
  ],
};

function one(container: object) {
  return { containers: [{ name: 'main', image: 'busybox:1.36', ...container }] };
}

const cases = new PodCases(Object.values(groups).flat(), () => cluster);
beforeAll(async () => {
  cluster = await startCluster({ args: ['--nodes', '1'] });
  const data = { one: '1', two: '2' };
  await create(cluster, [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'source' }, data },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'source' }, stringData: data },
  ]);
  await cases.start();
});
afterAll(async () => {
  await cluster?.destroy();
});

describe.each(Object.entries(groups))('%s', (_, group) => {
  it.each(group)('$title', (each) => cases.judge(each));
});
