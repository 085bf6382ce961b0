import type { KubeObject } from '@kubus/shared/object';
import { beforeEach, expect, it } from 'vitest';
import type { AdmissionRequest } from './contract.ts';
import { NamespaceLifecycle } from './namespace-lifecycle.ts';

const namespace = (deletionTimestamp?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', ...(deletionTimestamp !== undefined && { deletionTimestamp }) },
});
const request = (operation: string, more: object) => ({ operation, ...more }) as unknown as AdmissionRequest;
const remove = request('DELETE', { name: 'shop' });
const create = request('CREATE', {
  ...{ namespace: 'shop', name: 'web' },
  resource: { group: '', resource: 'configmaps', declaration: { strategy: {} } },
});

let stored: KubeObject | undefined;
let looked: number;
let now: number;
let plugin: NamespaceLifecycle;
beforeEach(() => {
  [stored, looked, now] = [namespace(), 0, 0];
  const read = async () => {
    looked++;
    return stored;
  };
  plugin = new NamespaceLifecycle({ get: () => namespace() }, read, () => now);
});

it('believes that a namespace is there that it knows', async () => {
  await plugin.admit(create);
  expect(looked).toBe(0);
});

it('looks again at a namespace that it was asked to delete, whatever it knows of it', async () => {
  await plugin.admit(remove);
  stored = namespace('2026-01-01T00:00:00Z');
  await expect(async () => plugin.admit(create)).rejects.toThrow('because it is being terminated');
  stored = undefined;
  await expect(async () => plugin.admit(create)).rejects.toThrow('namespaces "shop" not found');
});

it('trusts what it knows when the deletion is half a minute ago', async () => {
  await plugin.admit(remove);
  now = 30_000;
  await plugin.admit(create);
  expect(looked).toBe(0);
});
