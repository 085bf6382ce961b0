import { readdirSync, readFileSync } from 'node:fs';
import type { KubeObject } from '@kubus/shared/object';
import { expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { pods } from '../common/testing/world.ts';
import { JobWorld } from './testing/job-world.ts';
import { jobs } from './types.ts';

const folder = new URL('./testdata/', import.meta.url);
const cases = readdirSync(folder).filter((name) => name.endsWith('.in.yaml'));

/** What a Job controller alone makes of a cluster: objects in, objects and events out. The clock stands at 2026-01-01T00:00:00Z. */
it.each(cases)('%s', async (name) => {
  const world = new JobWorld();
  for (const document of parseAllDocuments(readFileSync(new URL(name, folder), 'utf8'))) {
    const object = document.toJS() as KubeObject;
    world.cluster.seed(object.kind === 'Job' ? jobs : pods, object);
  }
  await world.settle();
  const byName = [...world.pods()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const objects = [world.job(), ...byName].map(withoutBookkeeping);
  const documents = [...objects, { events: world.events }].map((document) =>
    stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }),
  );
  await expect(documents.join('---\n')).toMatchFileSnapshot(`./testdata/${name.replace('.in.', '.out.')}`);
});

/** Revisions and uids are the test cluster's. */
function withoutBookkeeping(object: KubeObject): unknown {
  const { resourceVersion: _, uid: __, ...metadata } = object.metadata;
  return { ...object, metadata };
}
