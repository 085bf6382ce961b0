import { expect } from 'vitest';
import { type PodCase, type ShownPod, script, shell } from './pod-cases.ts';
import { stays } from './pods.ts';

export const env = (name: string, value: string) => ({ name, value });
export const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
export const resource = (name: string, of: string, divisor: string) => ({
  name,
  valueFrom: { resourceFieldRef: { resource: of, divisor } },
});
const fromKey = (kind: 'configMap' | 'secret') => ({
  env: [{ name: 'ONE', valueFrom: { [`${kind}KeyRef`]: { name: 'source', key: 'one' } } }],
});
const fromAll = (kind: 'configMap' | 'secret', ...prefixes: string[]) => ({
  envFrom: prefixes.map((prefix) => ({ [`${kind}Ref`]: { name: 'source' }, prefix })),
});
export const environment = (kind: 'configMap' | 'secret', titles: [string, string, string]): PodCase[] => [
  script(
    titles[0],
    "tr '\\0' '\\n' </proc/1/environ | grep one | sort",
    'K8S-one=1\np-with.dots.and-one=1\np_one=1\n',
    fromAll(kind, 'K8S-', 'p-with.dots.and-', 'p_'),
  ),
  script(titles[1], 'echo $ONE', '1\n', fromKey(kind)),
  script(titles[2], 'echo $one $two', '1 2\n', fromAll(kind, '')),
];

export const terminated = (message: string | undefined) => (_: string, pod: ShownPod) =>
  expect(pod.status.containerStatuses[0]?.state.terminated?.message).toBe(message);
export const onError = { terminationMessagePolicy: 'FallbackToLogsOnError' };
export const failing = (each: PodCase): PodCase => ({ ...each, phase: 'Failed' });

export const counted = (title: string, ends: string) => {
  const text = `echo . >>/count/n; n=$(wc -l </count/n); ${ends}`;
  const volumes = [{ name: 'count', emptyDir: { medium: 'Memory' } }];
  return { text, title, volumes, container: { volumeMounts: [{ name: 'count', mountPath: '/count' }] } };
};
export const initial = (...ends: string[]) =>
  ends.map((end, i) => shell(`echo ${i} >>/w/order; ${end}`, { name: `init${i}`, volumeMounts: [work] }));
export const work = { name: 'w', mountPath: '/w' };
export const inOrder: PodCase['log'] = (log, pod) => {
  expect(log).toBe('0\n1\n');
  for (const { ready, state } of pod.status.initContainerStatuses ?? []) {
    expect(ready).toBe(true);
    expect(state.terminated).toMatchObject({ reason: 'Completed', exitCode: 0 });
  }
  expect(pod.status.initContainerStatuses).toHaveLength(2);
  expect(pod.status.conditions.find(({ type }) => type === 'Initialized')?.status).toBe('True');
};
/** The pod says which of its init containers have not succeeded; its own containers wait for them. */
export const uninitialized =
  (...names: string[]) =>
  (log: string, { status }: ShownPod) => {
    expect(log).toBe('');
    expect(status.conditions.find(({ type }) => type === 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: `containers with incomplete status: [${names.join(' ')}]`,
    });
    expect(status.containerStatuses[0]?.state.waiting?.reason).toBe('PodInitializing');
    expect(status.initContainerStatuses).toHaveLength(2);
  };
export const withInit = (title: string, init: object[], log: PodCase['log'], text: string, more: object = {}) =>
  script(
    title,
    text,
    log,
    { volumeMounts: [work] },
    { initContainers: init, volumes: [{ name: 'w', emptyDir: {} }], ...more },
  );

export const running = (each: PodCase): PodCase => ({
  ...each,
  phase: 'Running',
  spec: { restartPolicy: 'Always', ...each.spec },
});
export const probe = (action: object, more: object = {}) => ({
  livenessProbe: {
    ...action,
    periodSeconds: 1,
    failureThreshold: 3,
    initialDelaySeconds: 5,
    timeoutSeconds: 10,
    ...more,
  },
});
export const cat = { exec: { command: ['cat', '/tmp/health'] } };
export const get = { httpGet: { path: '/healthz', port: 8080 } };
export const serve = 'mkdir -p /www && echo ok >/www/healthz && httpd -p 8080 -h /www';
export const neverRestarted = (_: string, pod: ShownPod) =>
  expect(pod.status.containerStatuses[0]?.restartCount).toBe(0);
/** Its container counts its starts and is well from the second on, so that it ends up running. */
export const restartedBy = (title: string, well: string, unwell: string, action: object): PodCase => {
  const made = counted(title, `${well}; [ $n -gt 1 ] || { sleep 2; ${unwell}; }; ${stays}`);
  const judge = (_: string, pod: ShownPod) => {
    expect(pod.status.containerStatuses[0]?.restartCount).toBe(1);
  };
  const each = script(title, made.text, judge, { ...made.container, ...probe(action) }, { volumes: made.volumes });
  return { ...running(each), until: (pod) => pod.status.containerStatuses[0]?.restartCount === 1 };
};

export const hosts = { volumeMounts: [{ name: 'w', mountPath: '/etc/hosts' }] };
export const managed = '# Kubernetes-managed hosts file';
export const says = (part: string | RegExp) => (log: string) => expect(log).toMatch(part);
export const security = (title: string, text: string, log: PodCase['log'], own: object, pod: object = {}) =>
  script(title, text, log, { securityContext: own }, pod);
export const expanding = (title: string, subPathExpr: string, text: string, log: string) =>
  script(
    title,
    text,
    log,
    {
      env: [field('POD_NAME', 'metadata.name'), env('BAD', '/tmp'), env('TICKS', '..')],
      volumeMounts: [
        { name: 'w', mountPath: '/sub', subPathExpr },
        { name: 'w', mountPath: '/whole' },
      ],
    },
    { volumes: [{ name: 'w', emptyDir: {} }] },
  );
export const refusedPath = (title: string, value: string): PodCase => {
  const made = expanding(title, '$(VALUE)', 'true', '');
  const main = (made.spec['containers'] as object[])[0] as { env: object[] };
  return {
    title,
    spec: { ...made.spec, containers: [{ ...main, env: [env('VALUE', value)] }] },
    phase: 'Pending',
    until: (pod) => pod.status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError',
  };
};
