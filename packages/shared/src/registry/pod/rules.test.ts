import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../../schema/index.ts';
import { setPodDefaults } from './defaults.ts';
import { validatePod, validatePodCreate } from './validate.ts';

function pod(spec: object): Pod {
  const made = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'main', image: 'x' }], ...structuredClone(spec) } as PodSpec,
  };
  setPodDefaults(made);
  return made;
}

const main = (more: object) => ({ containers: [{ name: 'main', image: 'x', ...more }] });
const errors = (spec: object): string[] => validatePod(pod(spec)).map((error) => `${error.field}: ${error.detail}`);
const c = 'spec.containers[0]';

type Row = [what: string, spec: object, expected: string[]];

describe('volumes', () => {
  const volume = (source: object) => ({ volumes: [{ name: 'v', ...source }] });
  const table: Row[] = [
    [
      'a claim without a name',
      volume({ persistentVolumeClaim: {} }),
      ['spec.volumes[0].persistentVolumeClaim.claimName: Required value'],
    ],
    [
      'a share without a server',
      volume({ nfs: { path: 'x' } }),
      [
        'spec.volumes[0].nfs.server: Required value',
        'spec.volumes[0].nfs.path: Invalid value: "x": must be an absolute path',
      ],
    ],
    [
      'a driver that is no name',
      volume({ csi: { driver: '-' } }),
      [
        expect.stringMatching(
          /^spec.volumes\[0\].csi.driver: Invalid value: "-": a lowercase RFC 1123 subdomain/,
        ) as never,
      ],
    ],
    [
      'a claim to be made without a size',
      volume({ ephemeral: { volumeClaimTemplate: { spec: {} } } }),
      [
        'spec.volumes[0].ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required',
        'spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value',
      ],
    ],
    [
      'a token that lives too short',
      volume({ projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 60 } }] } }),
      [
        'spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
      ],
    ],
    [
      'one path from two sources',
      volume({
        projected: { sources: ['a', 'b'].map((name) => ({ configMap: { name, items: [{ key: 'k', path: 'p' }] } })) },
      }),
      ['spec.volumes[0].projected.sources[1]: Invalid value: "p": conflicting duplicate paths'],
    ],
    [
      'a field that is none',
      volume({ downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'spec.nodeName' } }] } }),
      [
        'spec.volumes[0].downwardAPI.fieldRef.fieldPath: Unsupported value: "spec.nodeName": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"',
      ],
    ],
    [
      'a resource of nobody',
      volume({ downwardAPI: { items: [{ path: 'p', resourceFieldRef: { resource: 'limits.cpu' } }] } }),
      ['spec.volumes[0].downwardAPI.resourceFieldRef.containerName: Required value'],
    ],
  ];
  it.each(table)('are refused for %s', (_, spec, expected) => {
    expect(errors(spec)).toEqual(expected);
  });
});

describe('containers', () => {
  const v = { volumes: [{ name: 'v', emptyDir: {} }] };
  const table: Row[] = [
    [
      'a mount that spreads',
      { ...v, ...main({ volumeMounts: [{ name: 'v', mountPath: '/v', mountPropagation: 'Bidirectional' }] }) },
      [
        `${c}.volumeMounts[0].mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`,
      ],
    ],
    [
      'a mount read only all the way down, but not read only',
      { ...v, ...main({ volumeMounts: [{ name: 'v', mountPath: '/v', recursiveReadOnly: 'Enabled' }] }) },
      [`${c}.volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true`],
    ],
    [
      'a device of files',
      { ...v, ...main({ volumeDevices: [{ name: 'v', devicePath: '/dev/v' }] }) },
      [
        `${c}.volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode`,
      ],
    ],
    [
      'a variable of nowhere',
      main({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.phase' } } }] }),
      [
        expect.stringMatching(
          /^spec.containers\[0\].env\[0\].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase"/,
        ) as never,
      ],
    ],
    [
      'variables of no source, of two, of a value beside one, and of no version',
      main({
        env: [
          { name: 'A', valueFrom: {} },
          { name: 'B', valueFrom: { configMapKeyRef: { name: 'm', key: 'k' }, secretKeyRef: { name: 's', key: 'k' } } },
          { name: 'C', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          { name: '', value: 'x' },
        ],
      }),
      [
        `${c}.env[0].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\`, \`secretKeyRef\` or \`fileKeyRef\``,
        `${c}.env[1].valueFrom: Invalid value: "": may not have more than one field specified at a time`,
        `${c}.env[2].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`,
        `${c}.env[3].name: Required value`,
      ],
    ],
    [
      'variables of keys that are not named',
      main({
        env: [
          { name: 'A', valueFrom: { configMapKeyRef: { key: 'k' } } },
          { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: '' } } },
          { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: '..' } } },
          { name: 'D', valueFrom: { fileKeyRef: { volumeName: 'none', path: '../x', key: 'K' } } },
          { name: 'E', valueFrom: { fileKeyRef: {} } },
        ],
      }),
      [
        `${c}.env[0].valueFrom.configMapKeyRef.name: Required value`,
        `${c}.env[1].valueFrom.secretKeyRef.key: Required value`,
        expect.stringContaining(`${c}.env[2].valueFrom.secretKeyRef.key: Invalid value: "..": `) as never,
        `${c}.env[3].valueFrom.fileKeyRef.volumeName: Not found: "none"`,
        `${c}.env[3].valueFrom.fileKeyRef.path: Invalid value: "../x": must not contain '..'`,
        `${c}.env[4].valueFrom.fileKeyRef.key: Required value`,
        `${c}.env[4].valueFrom.fileKeyRef.volumeName: Required value`,
        `${c}.env[4].valueFrom.fileKeyRef.path: Required value`,
      ],
    ],
    [
      'sources of many variables that are none, two, or not named',
      main({ envFrom: [{}, { configMapRef: { name: 'm' }, secretRef: { name: 's' } }, { secretRef: { name: '' } }] }),
      [
        `${c}.envFrom[0]: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``,
        `${c}.envFrom[1]: Invalid value: "": may not have more than one field specified at a time`,
        `${c}.envFrom[2].secretRef.name: Required value`,
      ],
    ],
    [
      'a resource that is none',
      main({ env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.gpu' } } }] }),
      [
        expect.stringMatching(
          /resourceFieldRef.resource: Unsupported value: "limits.gpu": supported values: "limits.cpu"/,
        ) as never,
      ],
    ],
    [
      'a divisor that does not divide',
      main({ env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } }] }),
      [
        `${c}.env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "2": only divisor's values 1m and 1 are supported with the cpu resource`,
      ],
    ],
    [
      'a grace period of a readiness probe',
      main({ readinessProbe: { tcpSocket: { port: 80 }, terminationGracePeriodSeconds: 5 } }),
      [`${c}.readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes`],
    ],
    [
      'a probe by a scheme that is none',
      main({ livenessProbe: { httpGet: { port: 80, scheme: 'FTP' } } }),
      [`${c}.livenessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"`],
    ],
    [
      'a hook that sleeps for too long',
      main({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }),
      [
        `${c}.lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)`,
      ],
    ],
    [
      'a profile without its file',
      main({ securityContext: { seccompProfile: { type: 'Localhost' } } }),
      [
        `${c}.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost`,
      ],
    ],
    [
      'a claim that the pod has not',
      main({ resources: { claims: [{ name: 'gpu' }] } }),
      [`${c}.resources.claims[0].name: Not found: "gpu"`],
    ],
    [
      'rules of restarting without a policy',
      main({ restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }] }),
      [`${c}.restartPolicy: Required value: must specify restartPolicy when restart rules are used`],
    ],
    [
      'a policy of resizing that is none',
      main({ resizePolicy: [{ resourceName: 'disk', restartPolicy: 'NotRequired' }] }),
      [`${c}.resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"`],
    ],
    [
      'ephemeral ones with what they cannot have',
      {
        ephemeralContainers: [{ name: 'e', image: 'x', ports: [{ containerPort: 80 }], targetContainerName: 'nobody' }],
      },
      [
        'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
        'spec.ephemeralContainers[0].targetContainerName: Not found: "nobody"',
      ],
    ],
  ];
  it.each(table)('are refused for %s', (_, spec, expected) => {
    expect(errors(spec)).toEqual(expected);
  });
});

describe('a pod as a whole', () => {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const table: Row[] = [
    [
      'an alias that is no address',
      { hostAliases: [{ ip: 'x', hostnames: ['a'] }] },
      ['spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      'no resolver at all',
      { dnsPolicy: 'None' },
      ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    ],
    [
      'too many resolvers',
      { dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'] } },
      [
        'spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]: must not have more than 3 nameservers',
      ],
    ],
    [
      'a sysctl of the host’s network',
      { hostNetwork: true, securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1' }] } },
      [
        'spec.securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": may not be specified when \'hostNetwork\' is true',
      ],
    ],
    [
      'processes shared twice',
      { hostPID: true, shareProcessNamespace: true },
      [
        'spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
      ],
    ],
    [
      'an affinity to nowhere',
      { affinity: { podAffinity: { [required]: [{ labelSelector: {} }] } } },
      [`spec.affinity.podAffinity.${required}[0].topologyKey: Required value: can not be empty`],
    ],
    [
      'a spread that is told twice',
      {
        topologySpreadConstraints: [1, 2].map((maxSkew) => ({
          maxSkew,
          topologyKey: 'zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: {},
        })),
      },
      ['spec.topologySpreadConstraints[1].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"'],
    ],
    [
      'domains that nothing counts',
      {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2, labelSelector: {} },
        ],
      },
      [
        'spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
      ],
    ],
    [
      'users of Linux on Windows',
      { os: { name: 'windows' }, securityContext: { runAsUser: 1 } },
      ['spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod'],
    ],
    [
      'disks of the pod as a whole',
      { resources: { requests: { 'ephemeral-storage': '1Gi' } } },
      [
        'spec.resources.requests[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"',
      ],
    ],
    [
      'containers that ask for more than their pod, or may use more',
      {
        ...main({ resources: { requests: { cpu: '600m', memory: '6Gi' }, limits: { cpu: '3' } } }),
        initContainers: [
          { name: 'first', image: 'x', restartPolicy: 'Always', resources: { requests: { cpu: '500m' } } },
        ],
        resources: { requests: { cpu: '1', memory: '576Mi' }, limits: { cpu: '2' } },
      },
      [
        'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 1100m',
        'spec.resources.requests[memory]: Invalid value: "576Mi": must be greater than or equal to aggregate container requests of 6Gi',
        'spec.resources.containers[0][cpu].limits: Invalid value: "3": must be less than or equal to pod limits of 2',
      ],
    ],
    [
      'more asked for as a whole than it may use',
      { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } },
      ['spec.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      'a device claimed twice over',
      { resourceClaims: [{ name: 'a', resourceClaimName: 'x', resourceClaimTemplateName: 'y' }] },
      [
        'spec.resourceClaims[0]: Invalid value: {"name":"a","resourceClaimName":"x","resourceClaimTemplateName":"y"}: must specify exactly one of: `resourceClaimName`, `resourceClaimTemplateName`',
      ],
    ],
    [
      'a policy of preemption that is none',
      { preemptionPolicy: 'Always' },
      ['spec.preemptionPolicy: Unsupported value: "Always": supported values: "Never", "PreemptLowerPriority"'],
    ],
  ];
  it.each(table)('is refused for %s', (_, spec, expected) => {
    expect(errors(spec)).toEqual(expected);
  });

  it('that is limited as a whole asks for what its containers do, or for as much as it is limited to', () => {
    const asks = main({ resources: { requests: { memory: '64Mi' } } });
    expect(pod({ ...asks, resources: { limits: { cpu: '2' } } }).spec?.resources?.requests).toEqual({
      cpu: '2',
      memory: '64Mi',
    });
    expect(pod({ ...asks, resources: { limits: { memory: '1Gi' } } }).spec?.resources?.requests).toEqual({
      memory: '64Mi',
    });
    expect(pod({ ...asks, resources: { requests: { cpu: '1' } } }).spec?.resources).toEqual({ requests: { cpu: '1' } });
  });

  it('cannot begin with ephemeral containers, nor on a node while it is held back', () => {
    const made = pod({
      ephemeralContainers: [{ name: 'e', image: 'x' }],
      nodeName: 'n',
      schedulingGates: [{ name: 'g' }],
    });
    expect(validatePodCreate(made).map((error) => `${error.field}: ${error.detail}`)).toEqual([
      'spec.ephemeralContainers: Forbidden: cannot be set on create',
      'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
    ]);
  });

  it('is fine with all of it said right', () => {
    expect(
      errors({
        hostAliases: [{ ip: '::1', hostnames: ['a.b'] }],
        dnsPolicy: 'None',
        dnsConfig: {
          nameservers: ['1.1.1.1'],
          searches: ['a.b.', '.', '_x._tcp'],
          options: [{ name: 'ndots', value: '2' }],
        },
        os: { name: 'linux' },
        resources: { requests: { cpu: '1' }, limits: { cpu: '2' } },
        securityContext: {
          fsGroup: 1,
          sysctls: [{ name: 'kernel/shm_rmid_forced', value: '1' }],
          seccompProfile: { type: 'RuntimeDefault' },
        },
        volumes: [
          { name: 'v', emptyDir: {} },
          {
            name: 't',
            projected: {
              sources: [
                { serviceAccountToken: { path: 'token' } },
                { downwardAPI: { items: [{ path: 'ns', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
              ],
            },
          },
          { name: 'b', persistentVolumeClaim: { claimName: 'c' } },
        ],
        ...main({
          restartPolicy: 'Always',
          volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true, recursiveReadOnly: 'IfPossible' }],
          volumeDevices: [{ name: 'b', devicePath: '/dev/b' }],
          env: [
            { name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['Some.Thing/X']" } } },
            { name: 'B', valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } } },
          ],
          lifecycle: { preStop: { sleep: { seconds: 5 } }, postStart: { exec: { command: ['x'] } } },
          livenessProbe: { grpc: { port: 1 }, terminationGracePeriodSeconds: 1 },
        }),
      }),
    ).toEqual([]);
  });
});
