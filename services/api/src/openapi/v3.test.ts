import { builtinKinds, Registry } from '@kubus/shared/registry';
import { describe, expect, it } from 'vitest';
import { openApiV3 } from './v3.ts';

interface Document {
  paths: Record<string, Record<string, { operationId: string; parameters: { name: string }[] }>>;
  components: { schemas: Record<string, { properties?: Record<string, unknown>; [extension: string]: unknown }> };
}

const documents = new Registry(builtinKinds)
  .groupVersions()
  .map((version) => [version.apiVersion, openApiV3(version) as Document] as const);

describe.each(documents)('the document of %s', (_apiVersion, document) => {
  it('holds everything that it refers to', () => {
    const refs = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    const missing = refs.filter((name) => !Object.hasOwn(document.components.schemas, name ?? ''));
    expect([...new Set(missing)]).toEqual([]);
  });

  it('names each operation once', () => {
    const ids = Object.values(document.paths)
      .flatMap((item) => Object.values(item).map((one) => one.operationId))
      .filter(Boolean);
    expect(ids.length).toBe(new Set(ids).size);
  });

  it('says on each patch itself that fields can be validated', () => {
    for (const { patch } of Object.values(document.paths)) {
      if (patch !== undefined)
        expect(patch.parameters).toContainEqual(expect.objectContaining({ name: 'fieldValidation' }));
    }
  });
});

it('tells kinds, lists with their keys, and quantities', () => {
  const { schemas } = new Map(documents).get('v1')?.components ?? { schemas: {} };
  const map = schemas['io.k8s.api.core.v1.ConfigMap'];
  expect(map?.['x-kubernetes-group-version-kind']).toEqual([{ group: '', version: 'v1', kind: 'ConfigMap' }]);
  expect(map?.properties).toMatchObject({ data: { type: 'object', additionalProperties: { type: 'string' } } });
  expect(schemas['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta']?.properties).toMatchObject({
    ownerReferences: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      'x-kubernetes-patch-merge-key': 'uid',
    },
  });
});
