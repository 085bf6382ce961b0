import { describe, expect, it } from 'vitest';
import type { Pod } from '../../schema/index.ts';
import { nameWarnings, podWarnings } from './warnings.ts';

const warnings = (container: object, spec: object = {}) =>
  podWarnings({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'main', ...container }], ...spec },
  } as Pod);

describe('a pod is warned of', () => {
  it('variables that hide others, unless they are made from them', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'A', value: '$(A):2' },
      { name: 'A', value: '3' },
    ];
    expect(warnings({ env })).toEqual([
      'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply',
    ]);
  });

  it('ports that come twice', () => {
    const ports = [
      { containerPort: 80 },
      { containerPort: 80, protocol: 'UDP' },
      { containerPort: 80, protocol: 'TCP' },
    ];
    expect(warnings({ ports })).toEqual([
      'spec.containers[0].ports[2]: duplicate port definition with spec.containers[0].ports[0]',
    ]);
  });

  it('secrets for images that come twice', () => {
    const imagePullSecrets = [{ name: 'a' }, {}, { name: 'b' }, {}, { name: 'a' }];
    expect(warnings({}, { imagePullSecrets })).toEqual(['spec.imagePullSecrets[4].name: duplicate name "a"']);
  });

  it('labels of old and times before its end', () => {
    const spec = { nodeSelector: { 'beta.kubernetes.io/os': 'linux' }, terminationGracePeriodSeconds: -1 };
    expect(warnings({}, spec)).toEqual([
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
      'spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
    ]);
  });

  it('nothing when it is plain', () => {
    expect(warnings({ env: [{ name: 'A' }], ports: [{ containerPort: 80 }] })).toEqual([]);
    expect(nameWarnings('job')).toEqual([]);
    expect(nameWarnings('a.b')).toEqual([
      'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
    ]);
  });
});
