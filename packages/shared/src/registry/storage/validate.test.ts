import { describe, expect, it } from 'vitest';
import { changeRefusals, refusals } from '../testing/check.ts';

const volume = (spec: object = {}) => ({
  spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], nfs: { server: 's', path: '/p' }, ...spec },
});
const claim = (spec: object = {}, status: object = {}) => ({
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, ...spec },
  status,
});

describe('a volume', () => {
  it('says how much it holds, how it is mounted and what it is', () => {
    expect(refusals('PersistentVolume', volume())).toEqual([]);
    expect(refusals('PersistentVolume', { spec: {} })).toEqual([
      'spec.accessModes: Required value',
      'spec.capacity: Required value',
      'spec.capacity: Unsupported value: {}: supported values: "storage"',
      'spec: Required value: must specify a volume type',
    ]);
    expect(refusals('PersistentVolume', volume({ capacity: { storage: '0' }, hostPath: { path: '/x' } }))).toEqual([
      'spec.capacity[storage]: Invalid value: "0": must be greater than zero',
      'spec.nfs: Forbidden: may not specify more than 1 volume type',
    ]);
    expect(refusals('PersistentVolume', volume({ accessModes: ['ReadWriteOncePod', 'ReadOnlyMany'] }))).toEqual([
      'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
    ]);
    expect(refusals('PersistentVolume', volume({ nfs: undefined, local: { path: '/d' } }))).toEqual([
      'spec.nodeAffinity: Required value: Local volume requires node affinity',
    ]);
  });

  it('stays what it is', () => {
    expect(changeRefusals('PersistentVolume', volume(), volume({ nfs: { server: 't', path: '/p' } }))).toEqual([
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
    ]);
    expect(changeRefusals('PersistentVolume', volume(), volume({ persistentVolumeReclaimPolicy: 'Delete' }))).toEqual(
      [],
    );
  });
});

describe('a claim', () => {
  it('asks for an amount and a way to mount', () => {
    expect(refusals('PersistentVolumeClaim', claim())).toEqual([]);
    expect(refusals('PersistentVolumeClaim', { spec: {} })).toEqual([
      'spec.accessModes: Required value: at least 1 access mode is required',
      'spec.resources[storage]: Required value',
    ]);
    expect(refusals('PersistentVolumeClaim', claim({ dataSource: { kind: 'Secret', name: 's' } }))[0]).toContain(
      "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
    );
  });

  it('is bound once, gets a class once, and grows only when it is bound', () => {
    const change = (before: object, after: object, status: object = {}) =>
      changeRefusals('PersistentVolumeClaim', claim(before, status), claim(after, status));
    expect(change({}, { volumeName: 'v' })).toEqual([]);
    expect(change({ volumeName: 'v' }, { volumeName: 'w' })).toHaveLength(1);
    expect(change({}, { storageClassName: 'fast' })).toEqual([]);
    expect(change({ storageClassName: 'fast' }, { storageClassName: 'slow' })[0]).toContain(
      'spec is immutable after creation',
    );
    const larger = { resources: { requests: { storage: '3Gi' } } };
    expect(change({}, larger)).toHaveLength(1);
    expect(change({}, larger, { phase: 'Bound', capacity: { storage: '2Gi' } })).toEqual([]);
    expect(change(larger, {}, { phase: 'Bound', capacity: { storage: '3Gi' } })).toEqual([
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ]);
  });
});

it('classes keep what volumes were made by', () => {
  expect(refusals('StorageClass', { provisioner: '' })).toEqual(['provisioner: Required value']);
  expect(refusals('StorageClass', { provisioner: 'p', reclaimPolicy: 'Recycle' })).toEqual([
    'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
  ]);
  expect(changeRefusals('StorageClass', { provisioner: 'p' }, { provisioner: 'q', parameters: { a: 'b' } })).toEqual([
    'parameters: Forbidden: updates to parameters are forbidden.',
    'provisioner: Forbidden: updates to provisioner are forbidden.',
  ]);
  expect(refusals('VolumeAttributesClass', { driverName: 'd' })).toEqual([
    'parameters: Required value: must contain at least one key/value pair',
  ]);
});

it('drivers and attachments', () => {
  const spec = { attacher: 'd', nodeName: 'n', source: { persistentVolumeName: 'v', inlineVolumeSpec: {} } };
  expect(refusals('VolumeAttachment', { spec })).toEqual([
    'spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ]);
  expect(refusals('CSIDriver', { spec: { tokenRequests: [{ audience: 'a', expirationSeconds: 1 }] } })).toEqual([
    'spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
  ]);
  const drivers = [
    { name: 'd', nodeID: 'a' },
    { name: 'd', nodeID: '' },
  ];
  expect(refusals('CSINode', { spec: { drivers } })).toEqual([
    'spec.drivers[1].nodeID: Required value',
    'spec.drivers[1].name: Duplicate value: "d"',
  ]);
});
