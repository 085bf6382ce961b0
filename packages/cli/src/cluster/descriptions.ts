import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Has the descriptions that `kubectl explain` shows made where dependencies were installed without them (`npm ci`). Nothing is done where the project's scripts are not: in an image, in a
 * package. `root`: of the project.
 */
export async function provideDescriptions(root = join(import.meta.dirname, '../../../..')): Promise<void> {
  const script = join(root, 'scripts/descriptions.mjs');
  if (!existsSync(script)) return;
  const { provideDescriptions: provide } = (await import(pathToFileURL(script).href)) as {
    provideDescriptions(root: string): boolean;
  };
  provide(root);
}
