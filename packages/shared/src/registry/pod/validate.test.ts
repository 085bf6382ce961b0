import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../../schema/index.ts';
import { setPodDefaults } from './defaults.ts';
import { validatePod } from './validate.ts';
import { validatePodUpdate } from './validate-update.ts';

function pod(spec: Partial<PodSpec> = {}): Pod {
  const made: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'main', image: 'x' }], ...structuredClone(spec) },
  };
  setPodDefaults(made);
  return made;
}

const container = (more: object) => ({ containers: [{ name: 'main', image: 'x', ...more }] });
const errors = (spec: Partial<PodSpec>): string[] =>
  validatePod(pod(spec)).map(({ field, detail }) => `${field}: ${detail}`);

describe('a pod', () => {
  it('is fine when it is plain', () => {
    expect(errors({})).toEqual([]);
  });

  const table: [string, Partial<PodSpec>, string[]][] = [
    ['no containers', { containers: [] }, ['spec.containers: Required value']],
    [
      'two containers of one name',
      {
        containers: [
          { name: 'a', image: 'x' },
          { name: 'a', image: 'x' },
        ],
      },
      ['spec.containers[1].name: Duplicate value: "a"'],
    ],
    [
      'a port out of range',
      container({ ports: [{ containerPort: 70_000 }] }),
      ['spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    ],
    [
      'a host port taken twice',
      { containers: [1, 2].map((n) => ({ name: `c${n}`, image: 'x', ports: [{ containerPort: n, hostPort: 80 }] })) },
      ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'],
    ],
    [
      'a variable from two sources',
      container({ env: [{ name: 'A', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }),
      ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ],
    [
      'a request above its limit',
      container({ resources: { requests: { cpu: '2' }, limits: { cpu: '500m' } } }),
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 500m'],
    ],
    [
      'a limit that is no quantity, beside one that is passed',
      container({ resources: { requests: { cpu: '2', memory: '1' }, limits: { cpu: '1', memory: 'much' } } }),
      [
        expect.stringContaining('spec.containers[0].resources.limits[memory]: Invalid value: "much": '),
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      ],
    ],
    [
      'a host name of its own beside its domain name and the network of its node',
      { hostnameOverride: 'own.example', setHostnameAsFQDN: true, hostNetwork: true },
      [
        "spec.setHostnameAsFQDN: Forbidden: may not be true when 'hostnameOverride' is set",
        "spec.hostNetwork: Forbidden: may not be true when 'hostnameOverride' is set",
      ],
    ],
    [
      'a host name that is none',
      { hostnameOverride: 'Not-RFC1123' },
      [expect.stringContaining('spec.hostnameOverride: Invalid value: "Not-RFC1123": a lowercase RFC 1123 subdomain')],
    ],
    [
      'a host name that no kernel takes',
      { hostnameOverride: `${'a'.repeat(32)}.${'b'.repeat(32)}` },
      ['spec.hostnameOverride: Too long: may not be more than 64 bytes'],
    ],
    [
      'a variable from a file of a volume that containers cannot write',
      {
        volumes: [{ name: 'v', secret: { secretName: 's' } }],
        ...container({ env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'f', key: 'A' } } }] }),
      },
      [
        'spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Invalid value: "v": must be the name of an emptyDir volume',
      ],
    ],
    [
      'a negative request',
      container({ resources: { requests: { cpu: '2', memory: '-1' }, limits: { cpu: '1' } } }),
      [
        'spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      ],
    ],
    [
      'an indivisible resource without a limit',
      container({ resources: { requests: { 'example.com/gpu': '1' } } }),
      ['spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources'],
    ],
    [
      'a resource that nobody knows',
      container({ resources: { requests: { gpu: '1' } } }),
      [
        'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers',
      ],
    ],
    [
      'a mount of no volume',
      container({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    ],
    [
      'a mount that leads out of its volume',
      {
        volumes: [{ name: 'v', emptyDir: {} }],
        ...container({ volumeMounts: [{ name: 'v', mountPath: '/v', subPath: '../x' }] }),
      },
      ['spec.containers[0].volumeMounts[0].subPath: Invalid value: "../x": must not contain \'..\''],
    ],
    [
      'a volume of two sources',
      { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/' } }] },
      ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    ],
    [
      'a key that leads out of its volume',
      { volumes: [{ name: 'v', configMap: { name: 'c', items: [{ key: 'k', path: '../x' }] } }] },
      [
        'spec.volumes[0].configMap.items[0].path: Invalid value: "../x": must not contain \'..\'',
        'spec.volumes[0].configMap.items[0].path: Invalid value: "../x": must not start with \'..\'',
      ],
    ],
    [
      'a probe without a handler',
      container({ livenessProbe: {} }),
      ['spec.containers[0].livenessProbe: Required value: must specify a handler type'],
    ],
    [
      'a toleration that says nothing',
      { tolerations: [{ effect: 'NoSchedule' }] },
      [
        'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      'an affinity without values',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In' }] }],
            },
          },
        },
      },
      [
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      ],
    ],
    [
      'escalation that is forbidden and needed',
      container({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
      [
        'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ],
    ],
  ];
  it.each(table)('is refused for %s', (_, spec, expected) => {
    expect(errors(spec)).toEqual(expected);
  });
});

describe('defaults of a pod', () => {
  const first = (spec: Partial<PodSpec>) => pod(spec).spec?.containers[0];

  it('pull an image always only when its tag may move', () => {
    const policy = (image: string) => first({ containers: [{ name: 'main', image }] })?.imagePullPolicy;
    expect(['x', 'x:latest', 'host:5000/x', 'a/b'].map(policy)).toEqual(Array(4).fill('Always'));
    expect(['x:1', 'host:5000/x:1', 'x@sha256:abc'].map(policy)).toEqual(Array(3).fill('IfNotPresent'));
  });

  it('take a limit for a request', () => {
    expect(first(container({ resources: { limits: { cpu: '1' }, requests: { memory: '1Gi' } } }))?.resources).toEqual({
      limits: { cpu: '1' },
      requests: { cpu: '1', memory: '1Gi' },
    });
  });

  it('make a second of a negative grace period', () => {
    const grace = (terminationGracePeriodSeconds: number) =>
      pod({ terminationGracePeriodSeconds }).spec?.terminationGracePeriodSeconds;
    expect([-1, 0, 5].map(grace)).toEqual([1, 0, 5]);
  });

  it('open the ports of the host to a pod on its network', () => {
    expect(first({ hostNetwork: true, ...container({ ports: [{ containerPort: 80 }] }) })?.ports).toEqual([
      { containerPort: 80, hostPort: 80, protocol: 'TCP' },
    ]);
  });

  it('complete probes and volumes', () => {
    expect(first(container({ readinessProbe: { httpGet: { port: 80 } } }))?.readinessProbe).toEqual({
      httpGet: { port: 80, path: '/', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
    const volumes = [
      { name: 'a' },
      { name: 'b', secret: { secretName: 's' } },
      { name: 'c', hostPath: { path: '/x' } },
    ];
    expect(pod({ volumes }).spec?.volumes).toEqual([
      { name: 'a', emptyDir: {} },
      { name: 'b', secret: { secretName: 's', defaultMode: 420 } },
      { name: 'c', hostPath: { path: '/x', type: '' } },
    ]);
  });
});

describe('an update of a pod', () => {
  const update = (before: Partial<PodSpec>, after: Partial<PodSpec>) =>
    validatePodUpdate(pod(after), pod(before)).map(({ field, detail }) => `${field}: ${detail}`);

  it('may change images, shorten a deadline and add tolerations', () => {
    const tolerations = [{ key: 'a', operator: 'Exists' }];
    const before = { activeDeadlineSeconds: 100, tolerations };
    const after = {
      activeDeadlineSeconds: 50,
      tolerations: [...tolerations, { key: 'b', operator: 'Exists' }],
      containers: [{ name: 'main', image: 'y', imagePullPolicy: 'Always' }],
    };
    expect(update(before, after)).toEqual([]);
  });

  it('may not lengthen a deadline, drop a toleration, or add a container', () => {
    expect(update({ activeDeadlineSeconds: 50 }, { activeDeadlineSeconds: 100 })).toEqual([
      'spec.activeDeadlineSeconds: Invalid value: 100: must be less than or equal to previous value',
    ]);
    expect(update({ tolerations: [{ key: 'a', operator: 'Exists' }] }, {})).toEqual([
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ]);
    const two = ['main', 'more'].map((name) => ({ name, image: 'x' }));
    expect(update({}, { containers: two })).toEqual([
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ]);
    expect(update({}, { hostname: 'h' })[0]).toMatch(/^spec: Forbidden: pod updates may not change fields other than/);
  });
});
