import { readdirSync, readFileSync } from 'node:fs';
import type { KubeObject } from '@kubus/shared/object';
import { ControllerDriver } from '@kubus/testkit';
import { expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { World } from '../common/testing/world.ts';
import { jobs } from '../job/index.ts';
import { createCronJobController } from './index.ts';
import { cronJobs } from './types.ts';

const folder = new URL('./testdata/', import.meta.url);
const cases = readdirSync(folder).filter((name) => name.endsWith('.in.yaml'));

/** What a CronJob controller alone makes of a cluster: objects in, objects and events out. The clock stands at 2026-01-01T00:00:00Z. */
it.each(cases)('%s', async (name) => {
  const world = new World();
  for (const document of parseAllDocuments(readFileSync(new URL(name, folder), 'utf8'))) {
    const object = document.toJS() as KubeObject;
    world.cluster.seed(object.kind === 'Job' ? jobs : cronJobs, object);
  }
  await new ControllerDriver(createCronJobController(world.context), world.cluster).settle();
  const all = [...world.cluster.get(cronJobs).list(), ...world.cluster.get(jobs).list()];
  const documents = [...all.map(withoutBookkeeping), { events: world.events }].map((document) =>
    stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }),
  );
  await expect(documents.join('---\n')).toMatchFileSnapshot(`./testdata/${name.replace('.in.', '.out.')}`);
});

/** Revisions and uids are the test cluster's. */
function withoutBookkeeping(object: KubeObject): unknown {
  const { resourceVersion: _, uid: __, ...metadata } = object.metadata;
  return { ...object, metadata };
}
