import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinKinds, Registry } from '@kubus/shared/registry';
import { OpenApiDocuments } from '@kubus/shared/schema';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { descriptions } from './descriptions.ts';
import { openApiKinds } from './kinds.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-descriptions-'));
  const texts = {
    V1ConfigMap: { '': 'holds settings', data: 'the settings', metadata: 'of the object' },
    CoreV1Event: { '': 'in core' },
    EventsV1Event: { '': 'in events' },
  };
  await writeFile(join(dir, 'descriptions.json'), JSON.stringify(texts));
});
afterAll(() => rm(dir, { recursive: true }));

interface Schemas {
  components: { schemas: Record<string, { description?: string; properties: Record<string, object> }> };
}

function schemasOf(file: string, path: string): Schemas['components']['schemas'] {
  const kinds = openApiKinds(new Registry(builtinKinds));
  const documents = new OpenApiDocuments(kinds, 'v1.36.0', { describe: descriptions(file) });
  return (JSON.parse(String(documents.v3(path)?.body)) as Schemas).components.schemas;
}

it('are told of types and fields where they have been generated', () => {
  const file = join(dir, 'descriptions.json');
  const core = schemasOf(file, 'api/v1');
  const configMap = core['io.k8s.api.core.v1.ConfigMap'];
  expect(configMap?.description).toBe('holds settings');
  expect(configMap?.properties).toMatchObject({
    data: { description: 'the settings', type: 'object' },
    metadata: { description: 'of the object', allOf: [{ $ref: expect.any(String) }] },
  });
  expect(core['io.k8s.api.core.v1.Event']?.description).toBe('in core');
  const events = schemasOf(file, 'apis/events.k8s.io/v1');
  expect(events['io.k8s.api.events.v1.Event']?.description).toBe('in events');
});

it('are left out where they have not', () => {
  expect(schemasOf(join(dir, 'none.json'), 'api/v1')['io.k8s.api.core.v1.ConfigMap']).not.toHaveProperty('description');
});
