import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/index.ts';
import type { KindDeclaration } from '../contract.ts';
import { configMap } from './config-map.ts';
import { controllerRevision } from './controller-revision.ts';
import { daemonSet } from './daemon-set.ts';
import { podDisruptionBudget } from './pod-disruption-budget.ts';
import { replicationController } from './replication-controller.ts';
import { resourceQuota } from './resource-quota.ts';
import { secret } from './secret.ts';
import { statefulSet } from './stateful-set.ts';

const labels = { app: 'a' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'x' }] } };
const selector = { matchLabels: labels };

/** As it is when it has been admitted. */
function made(declaration: KindDeclaration, fields: object): KubeObject {
  const object = { apiVersion: 'v1', kind: declaration.kind, metadata: { name: 'n' }, ...structuredClone(fields) };
  declaration.strategy?.setDefaults?.(object);
  declaration.strategy?.prepareForCreate?.(object, { now: '2026-01-01T00:00:00Z' });
  return object;
}

const told = (errors: readonly { field: string; detail: string }[] | undefined) =>
  (errors ?? []).map(({ field, detail }) => `${field}: ${detail}`);
const validate = (declaration: KindDeclaration, fields: object) =>
  told(declaration.strategy?.validate?.(made(declaration, fields)));
const update = (declaration: KindDeclaration, before: object, after: object) =>
  told(declaration.strategy?.validateUpdate?.(made(declaration, after), made(declaration, before)));

type Row = [what: string, spec: object, expected: string[]];

describe('a StatefulSet', () => {
  const kind = statefulSet as unknown as KindDeclaration;
  const spec = { selector, template, serviceName: 's' };

  it('has one pod after the other, replaced from the last', () => {
    expect(
      made(kind, { spec: { ...spec, volumeClaimTemplates: [{ metadata: { name: 'v' }, spec: {} }] } }),
    ).toMatchObject({
      spec: {
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        revisionHistoryLimit: 10,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        volumeClaimTemplates: [
          {
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            spec: { volumeMode: 'Filesystem' },
            status: { phase: 'Pending' },
          },
        ],
      },
    });
  });

  const table: Row[] = [
    ['nothing', {}, []],
    ['no selector', { selector: undefined }, ['spec.selector: Required value']],
    [
      'a selector of others',
      { selector: { matchLabels: { app: 'b' } } },
      ['spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'],
    ],
    [
      'an order that is none',
      { podManagementPolicy: 'Any' },
      ["spec.podManagementPolicy: Invalid value: \"Any\": must be 'OrderedReady' or 'Parallel'"],
    ],
    [
      'no pods at a time',
      { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } } },
      ['spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0'],
    ],
    [
      'a partition of no rolling',
      { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
      [
        'spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy \'RollingUpdate\'',
      ],
    ],
    [
      'claims that are dealt with otherwise',
      { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Burn' } },
      [
        'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Burn": supported values: "Delete", "Retain"',
      ],
    ],
    [
      'pods that end',
      { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never', activeDeadlineSeconds: 1 } } },
      [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
      ],
    ],
  ];
  it.each(table)('says of %s what it should', (_, more, expected) => {
    expect(validate(kind, { spec: { ...spec, ...more } })).toEqual(expected);
  });

  it('keeps its service and its claims', () => {
    const why =
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
    expect(update(kind, { spec }, { spec: { ...spec, replicas: 3, minReadySeconds: 1 } })).toEqual([]);
    expect(update(kind, { spec }, { spec: { ...spec, serviceName: 'other' } })).toEqual([why]);
    expect(update(kind, { spec }, { spec: { ...spec, podManagementPolicy: 'Parallel' } })).toEqual([why]);
  });
});

describe('a DaemonSet', () => {
  const kind = daemonSet as unknown as KindDeclaration;
  const spec = { selector, template };
  const rolling = (rollingUpdate: object) => ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } });

  const table: Row[] = [
    ['nothing', {}, []],
    [
      'nothing at a time',
      rolling({ maxUnavailable: 0 }),
      ['spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0 when maxSurge is 0'],
    ],
    [
      'both ways at a time',
      rolling({ maxUnavailable: 1, maxSurge: '10%' }),
      [
        'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: "10%": may not be set when maxUnavailable is non-zero',
      ],
    ],
    [
      'more than all',
      rolling({ maxUnavailable: '101%' }),
      ['spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
    ],
    [
      'a selector of everything',
      { selector: {} },
      ['spec.selector: Invalid value: {}: empty selector is invalid for daemonset'],
    ],
  ];
  it.each(table)('says of %s what it should', (_, more, expected) => {
    expect(validate(kind, { spec: { ...spec, ...more } })).toEqual(expected);
  });

  it('counts changes of its template for older clients', () => {
    const generation = (object: KubeObject) =>
      object.metadata.annotations?.['deprecated.daemonset.template.generation'];
    const old = made(kind, { spec });
    expect(generation(old)).toBe('1');
    const next = structuredClone(old) as KubeObject & { spec: typeof spec };
    next.spec.template.spec.containers[0] = { name: 'main', image: 'y' };
    kind.strategy?.prepareForUpdate?.(next, old, { now: '' });
    expect(generation(next)).toBe('2');
  });
});

describe('a ReplicationController', () => {
  const kind = replicationController as unknown as KindDeclaration;

  it('selects what it makes, unless it says otherwise', () => {
    expect(made(kind, { spec: { template } })).toMatchObject({
      metadata: { labels },
      spec: { replicas: 1, selector: labels },
    });
    expect(validate(kind, { spec: { template } })).toEqual([]);
    expect(validate(kind, { spec: { template, selector: { app: 'b' } } })).toEqual([
      'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
    ]);
  });
});

describe('a PodDisruptionBudget', () => {
  const table: Row[] = [
    ['nothing', { selector, minAvailable: '50%' }, []],
    [
      'both bounds',
      { minAvailable: 1, maxUnavailable: 1 },
      [
        'spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set',
      ],
    ],
    [
      'more than all',
      { maxUnavailable: '200%' },
      ['spec.maxUnavailable: Invalid value: "200%": must not be greater than 100%'],
    ],
    [
      'fewer than none',
      { minAvailable: -1 },
      ['spec.minAvailable: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'a policy that is none',
      { unhealthyPodEvictionPolicy: 'Never' },
      [
        'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
      ],
    ],
  ];
  it.each(table)('says of %s what it should', (_, spec, expected) => {
    expect(validate(podDisruptionBudget as unknown as KindDeclaration, { spec })).toEqual(expected);
  });
});

describe('what does not change', () => {
  it('is the data of a ControllerRevision', () => {
    const kind = controllerRevision as unknown as KindDeclaration;
    expect(update(kind, { data: { a: 1 }, revision: 1 }, { data: { a: 1 }, revision: 2 })).toEqual([]);
    expect(update(kind, { data: { a: 1 }, revision: 1 }, { data: { a: 2 }, revision: 1 })).toEqual([
      'data: Invalid value: {"a":2}: field is immutable',
    ]);
    expect(validate(kind, { revision: -1 })).toEqual([
      'data: Required value: data is mandatory',
      'revision: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });

  it('are ConfigMaps and Secrets that say so', () => {
    const why = 'Forbidden: field is immutable when `immutable` is set';
    const data = { a: 'eA==' };
    for (const kind of [configMap, secret] as unknown as KindDeclaration[]) {
      expect(update(kind, { data }, { data: { a: 'eQ==' }, immutable: true })).toEqual([]);
      const fixed = { data, immutable: true };
      expect(update(kind, fixed, { ...fixed, metadata: { name: 'n', labels } })).toEqual([]);
      expect(update(kind, fixed, { data: { a: 'eQ==' }, immutable: true })).toEqual([`data: ${why}`]);
      expect(update(kind, fixed, { data })).toEqual([`immutable: ${why}`]);
    }
    expect(
      update(
        configMap as unknown as KindDeclaration,
        { binaryData: data, immutable: true },
        { binaryData: {}, immutable: true },
      ),
    ).toEqual([`binaryData: ${why}`]);
  });

  it('are the scopes of a ResourceQuota', () => {
    const kind = resourceQuota as unknown as KindDeclaration;
    const spec = { hard: { pods: '1' }, scopes: ['BestEffort', 'Terminating'] };
    expect(update(kind, { spec }, { spec: { ...spec, scopes: ['Terminating', 'BestEffort'] } })).toEqual([]);
    expect(update(kind, { spec }, { spec: { ...spec, scopes: ['Terminating'] } })).toEqual([
      'spec.scopes: Invalid value: ["Terminating"]: field is immutable',
    ]);
  });
});
