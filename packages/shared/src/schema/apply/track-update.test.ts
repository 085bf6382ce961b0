import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/index.ts';
import type { ConfigMap, Deployment } from '../generated/types.ts';
import { trackUpdate, type Writer } from './track-update.ts';

const configMapType = 'io.k8s.api.core.v1.ConfigMap';
const at = (second: number): string => `2026-01-01T00:00:0${second}Z`;
const configMap = (data: Record<string, string>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', uid: 'u' },
  data,
});
const write = (
  manager: string,
  live: ConfigMap | undefined,
  data: Record<string, string>,
  rest: Partial<Writer> = {},
): ConfigMap => {
  const next = live === undefined ? configMap(data) : { ...live, data };
  return trackUpdate(configMapType, live, next, { manager, now: at(0), ...rest });
};
const owners = (object: KubeObject): unknown[] =>
  (object.metadata.managedFields ?? []).map(({ manager, subresource, time, fieldsV1 }) => [
    subresource === undefined ? manager : `${manager}/${subresource}`,
    time?.slice(18, 19),
    ...Object.keys((fieldsV1?.['f:data'] ?? {}) as object),
  ]);

describe('a write that is no apply', () => {
  it('gives the writer what it sets', () => {
    const created = write('a', undefined, { x: '1', y: '2' });
    expect(created.metadata.managedFields).toEqual([
      {
        manager: 'a',
        operation: 'Update',
        apiVersion: 'v1',
        time: at(0),
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:x': {}, 'f:y': {} } },
      },
    ]);
  });

  it('takes from others what it changes or removes', () => {
    const created = write('a', undefined, { x: '1', y: '2', z: '3' });
    const updated = write('b', created, { x: '9', z: '3' }, { now: at(1) });
    expect(owners(updated)).toEqual([
      ['a', '0', '.', 'f:z'],
      ['b', '1', 'f:x'],
    ]);
  });

  it('adds to what the same writer owns, with a new time', () => {
    const created = write('a', undefined, { x: '1' });
    const updated = write('a', created, { x: '1', y: '2' }, { now: at(1) });
    expect(owners(updated)).toEqual([['a', '1', '.', 'f:x', 'f:y']]);
  });

  it('changes no account when nothing changes', () => {
    const created = write('a', undefined, { x: '1' });
    expect(write('b', created, { x: '1' }, { now: at(1) })).toEqual(created);
  });

  it('is kept apart by subresource', () => {
    const created = write('a', undefined, { x: '1' });
    const updated = write('a', created, { x: '2' }, { subresource: 'status', now: at(1) });
    expect(owners(updated)).toEqual([
      ['a', '0'],
      ['a/status', '1', 'f:x'],
    ]);
  });

  it('does not own what such a request cannot write', () => {
    const deployment: Deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: { selector: {}, template: { metadata: {}, spec: { containers: [] } }, strategy: {}, replicas: 1 },
      status: { replicas: 1 },
    };
    const writer: Writer = { manager: 'a', now: at(0), resetFields: [['status']] };
    const tracked = trackUpdate('io.k8s.api.apps.v1.Deployment', undefined, deployment, writer);
    expect(tracked.metadata.managedFields?.[0]?.fieldsV1).toEqual({
      'f:spec': { 'f:replicas': {}, 'f:selector': {}, 'f:template': { 'f:spec': { 'f:containers': {} } } },
    });
  });

  it('loses nothing when the client sends no account or one that cannot be read', () => {
    const created = write('a', undefined, { x: '1' });
    const { managedFields: _, ...metadata } = created.metadata;
    const silent = trackUpdate(configMapType, created, { ...created, metadata }, { manager: 'b', now: at(1) });
    expect(silent).toEqual(created);
    const broken = [
      {
        manager: 'm',
        operation: 'Update' as const,
        apiVersion: 'v1',
        fieldsType: 'FieldsV1' as const,
        fieldsV1: { 'k:{': {} },
      },
    ];
    const garbled = { ...created, metadata: { ...metadata, managedFields: broken } };
    expect(trackUpdate(configMapType, created, garbled, { manager: 'b', now: at(1) })).toEqual(created);
  });

  it('takes the account that a client writes, but not through a subresource', () => {
    const created = write('a', undefined, { x: '1' });
    const entry = { ...created.metadata.managedFields?.[0], manager: 'renamed' };
    const sent = { ...created, metadata: { ...created.metadata, managedFields: [entry] } };
    expect(owners(trackUpdate(configMapType, created, sent, { manager: 'b', now: at(1) }))).toEqual([
      ['renamed', '0', '.', 'f:x'],
    ]);
    const through = trackUpdate(configMapType, created, sent, { manager: 'b', now: at(1), subresource: 'status' });
    expect(through).toEqual(created);
  });

  it('stops the account when a client resets it', () => {
    const created = write('a', undefined, { x: '1' });
    const reset = { ...created, metadata: { ...created.metadata, managedFields: [{}] } };
    const silent = trackUpdate(configMapType, created, reset, { manager: 'b', now: at(1) });
    expect(silent.metadata.managedFields).toBeUndefined();
    expect(write('b', silent, { x: '2' }).metadata.managedFields).toBeUndefined();
  });

  it('unites the oldest writers when there are more than ten', () => {
    let live = write('w0', undefined, { k0: '0' });
    for (let i = 1; i < 13; i += 1) {
      live = write(
        `w${i}`,
        live,
        { ...live.data, [`k${i}`]: '0' },
        { now: `2026-01-01T00:01:${String(i).padStart(2, '0')}Z` },
      );
    }
    const managers = live.metadata.managedFields?.map(({ manager }) => manager);
    expect(managers).toHaveLength(10);
    expect(managers).toContain('ancient-changes');
    expect(managers).not.toContain('w0');
    expect(managers).toContain('w12');
  });

  it('drops writers of a version that is gone', () => {
    const created = write('a', undefined, { x: '1' });
    const old = { ...created.metadata.managedFields?.[0], apiVersion: 'v0', manager: 'old' };
    const live = {
      ...created,
      metadata: { ...created.metadata, managedFields: [old, ...(created.metadata.managedFields ?? [])] },
    };
    expect(owners(write('b', live, { x: '1', y: '2' })).map((entry) => (entry as string[])[0])).toEqual(['a', 'b']);
  });
});
