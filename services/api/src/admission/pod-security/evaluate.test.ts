import type { Container, PodSpec } from '@kubus/shared/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { violations } from './evaluate.ts';
import type { Level } from './policy.ts';

const latest = Number.POSITIVE_INFINITY;

function judge(level: Level, spec: object, container: object = {}, minor = latest, annotations = {}) {
  const containers = [{ name: 'main', image: 'x', ...container } as Container];
  const pod = { metadata: { name: 'p', annotations }, spec: { containers, ...spec } as PodSpec };
  return violations(pod, { level, minor });
}

/** What the restricted standard asks for. */
const safe = {
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  },
};

describe('the baseline standard', () => {
  const table: [string, object, object, string | undefined][] = [
    ['a plain pod', {}, {}, undefined],
    ['host namespaces', { hostNetwork: true, hostIPC: true }, {}, 'host namespaces (hostNetwork=true, hostIPC=true)'],
    ['host paths', { volumes: [{ name: 'v', hostPath: { path: '/' } }] }, {}, 'hostPath volumes (volume "v")'],
    [
      'host ports',
      {},
      {
        ports: [
          { containerPort: 1, hostPort: 80 },
          { containerPort: 2, hostPort: 81 },
        ],
      },
      'hostPort (container "main" uses hostPorts 80, 81)',
    ],
    [
      'privilege',
      {},
      { securityContext: { privileged: true } },
      'privileged (container "main" must not set securityContext.privileged=true)',
    ],
    [
      'capabilities',
      {},
      { securityContext: { capabilities: { add: ['CHOWN', 'NET_ADMIN'] } } },
      'non-default capabilities (container "main" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      'a profile that is none',
      { securityContext: { seccompProfile: { type: 'Unconfined' }, appArmorProfile: { type: 'Unconfined' } } },
      {},
      'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined"), seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'SELinux options',
      {},
      { securityContext: { seLinuxOptions: { type: 'x', user: 'u' } } },
      'seLinuxOptions (container "main" set forbidden securityContext.seLinuxOptions: type "x"; user may not be set)',
    ],
    [
      'the whole of /proc',
      {},
      { securityContext: { procMount: 'Unmasked' } },
      'procMount (container "main" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      'sysctls of the host',
      {
        securityContext: {
          sysctls: [
            { name: 'kernel.msgmax', value: '1' },
            { name: 'net.ipv4.tcp_rmem', value: '1' },
          ],
        },
      },
      {},
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      'processes of the host',
      { securityContext: { windowsOptions: { hostProcess: true } } },
      {},
      'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    ],
    [
      'probes of others',
      {},
      { livenessProbe: { httpGet: { port: 80, host: '169.254.169.254' } } },
      'probe or lifecycle host (container "main" uses probe or lifecycle host "169.254.169.254")',
    ],
  ];
  it.each(table)('says of %s what it should', (_, spec, container, expected) => {
    expect(judge('baseline', spec, container)).toBe(expected);
  });

  it('looks at containers of every kind', () => {
    const bad = { name: 'other', image: 'x', securityContext: { privileged: true } };
    for (const list of ['initContainers', 'ephemeralContainers']) {
      expect(judge('baseline', { [list]: [bad] })).toContain('privileged (container "other"');
    }
  });

  it('is that of the version it names', () => {
    const spec = { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_keepalive_time', value: '1' }] } };
    expect(judge('baseline', spec, {}, 28)).toBe('forbidden sysctls (net.ipv4.tcp_keepalive_time)');
    expect(judge('baseline', spec, {}, 29)).toBeUndefined();
  });
});

describe('the restricted standard', () => {
  it('asks of a plain pod what kubectl users know by heart', () => {
    expect(judge('restricted', {})).toBe(
      'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
  });

  it('is met by a pod that says so, for itself or for each container', () => {
    expect(judge('restricted', {}, safe)).toBeUndefined();
    const { allowPrivilegeEscalation, capabilities, ...whole } = safe.securityContext;
    const container = { securityContext: { allowPrivilegeEscalation, capabilities } };
    expect(judge('restricted', { securityContext: whole }, container)).toBeUndefined();
  });

  it.each([
    [
      {
        volumes: [
          { name: 'v', hostPath: { path: '/' } },
          { name: 'w', nfs: {} },
          { name: 'ok', emptyDir: {} },
        ],
      },
      'restricted volume types (volumes "v", "w" use restricted volume types "hostPath", "nfs")',
    ],
    [{ securityContext: { runAsUser: 0 } }, 'runAsUser=0 (pod must not set runAsUser=0)'],
    [
      { securityContext: { runAsNonRoot: false } },
      'runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)',
    ],
    [
      { securityContext: { seccompProfile: { type: 'Unconfined' } } },
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
  ])('refuses %j', (spec, expected) => {
    expect(judge('restricted', spec, safe)).toBe(expected);
  });

  it('never allows what the baseline forbids, and privileged allows everything', () => {
    const container = fc.record({
      securityContext: fc.record(
        {
          privileged: fc.boolean(),
          allowPrivilegeEscalation: fc.boolean(),
          runAsNonRoot: fc.boolean(),
          runAsUser: fc.constantFrom(0, 1000),
          procMount: fc.constantFrom('Default', 'Unmasked'),
          capabilities: fc.record({
            drop: fc.subarray(['ALL']),
            add: fc.subarray(['CHOWN', 'SYS_ADMIN', 'NET_BIND_SERVICE']),
          }),
          seccompProfile: fc.record({ type: fc.constantFrom('RuntimeDefault', 'Unconfined', 'Localhost') }),
        },
        { requiredKeys: [] },
      ),
    });
    const spec = fc.record({ hostNetwork: fc.boolean(), hostPID: fc.boolean() }, { requiredKeys: [] });
    fc.assert(
      fc.property(spec, container, (pod, main) => {
        expect(judge('privileged', pod, main)).toBeUndefined();
        if (judge('baseline', pod, main) !== undefined) expect(judge('restricted', pod, main)).toBeDefined();
      }),
    );
  });
});
