import { readFile } from 'node:fs/promises';
import { SettingsError } from '@kubus/shared/settings';
import { parseYaml } from '@kubus/shared/yaml';
import type { z } from 'zod';

/** Says what is wrong with the file at `where`: every problem by itself. */
export const wrongFile = (where: string, problems: readonly string[]): SettingsError =>
  new SettingsError(problems.map((problem) => `${where}: ${problem}`));

/** The text of a file that a setting names. Throws SettingsError. */
export async function readConfigurationFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw wrongFile(path, [`it cannot be read (${(error as NodeJS.ErrnoException).code})`]);
  }
}

/** Reads a configuration of apiserver.config.k8s.io, one document of JSON or YAML. Throws SettingsError that names everything that is wrong with its form. */
export function parseConfigurationFile<S extends z.ZodType>(schema: S, text: string, where: string): z.infer<S> {
  const [document, ...more] = parseYaml(text);
  if (document === undefined || more.length > 0) throw wrongFile(where, ['it does not hold one document']);
  if ('error' in document) throw wrongFile(where, [document.error]);
  const parsed = schema.safeParse(document.value);
  if (parsed.success) return parsed.data;
  throw wrongFile(
    where,
    parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
  );
}
