import type { KubeObject } from '@kubus/shared/object';
import { expect, it } from 'vitest';
import type { AdmissionRequest } from './contract.ts';
import { storageObjectInUseProtection } from './storage-protection.ts';

const admitted = (resource: string, finalizers?: string[]): string[] | undefined => {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'x',
    metadata: { name: 'data', ...(finalizers && { finalizers }) },
  };
  void storageObjectInUseProtection.admit?.({ resource: { resource }, object } as unknown as AdmissionRequest);
  return object.metadata.finalizers;
};

it('gives new claims and volumes the finalizer that keeps them while they are used, once', () => {
  expect(admitted('persistentvolumeclaims')).toEqual(['kubernetes.io/pvc-protection']);
  expect(admitted('persistentvolumes', ['mine'])).toEqual(['mine', 'kubernetes.io/pv-protection']);
  expect(admitted('persistentvolumes', ['kubernetes.io/pv-protection'])).toEqual(['kubernetes.io/pv-protection']);
});

it('concerns their creation alone', () => {
  const concerns = (
    ...[resource, subresource, operation, group = '']: [
      'persistentvolumes' | 'pods',
      '' | 'status',
      'CREATE' | 'UPDATE',
      string?,
    ]
  ) => storageObjectInUseProtection.concerns({ group, resource }, subresource, operation);
  expect(concerns('persistentvolumes', '', 'CREATE')).toBe(true);
  expect(concerns('persistentvolumes', '', 'UPDATE')).toBe(false);
  expect(concerns('persistentvolumes', 'status', 'CREATE')).toBe(false);
  expect(concerns('persistentvolumes', '', 'CREATE', 'example.com')).toBe(false);
  expect(concerns('pods', '', 'CREATE')).toBe(false);
});
