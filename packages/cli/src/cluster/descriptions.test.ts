import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { provideDescriptions } from './descriptions.ts';

const project = join(import.meta.dirname, '../../../..');

it('a cluster can be explained though npm ci alone was run, and starts where nothing can be', async () => {
  const root = await mkdtemp(join(tmpdir(), 'kubus-descriptions-'));
  try {
    await provideDescriptions(root);
    await cp(join(project, 'scripts/descriptions.mjs'), join(root, 'scripts/descriptions.mjs'));
    await provideDescriptions(root);
    const models = join(root, 'node_modules/@kubernetes/client-node/dist/gen/models');
    await mkdir(models, { recursive: true });
    await writeFile(join(models, 'V1Pod.d.ts'), '/** What runs. */\nexport declare class V1Pod {}\n');
    await provideDescriptions(root);
    const texts = JSON.parse(await readFile(join(root, 'node_modules/.cache/kubus/descriptions.json'), 'utf8'));
    expect(texts).toEqual({ V1Pod: { '': 'What runs.' } });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
