import { readFile } from 'node:fs/promises';
import { SettingsError } from '@kubus/shared/settings';
import { parseYaml } from '@kubus/shared/yaml';
import { defaultPolicy } from './default-policy.ts';
import { type Policy, parsePolicy } from './policy.ts';

/** The policy of a file, JSON or YAML; the default one without a file. Throws SettingsError for a file that is none. */
export async function readPolicy(path: string | undefined): Promise<Policy> {
  if (path === undefined) return defaultPolicy;
  try {
    const [document, ...more] = parseYaml(await readFile(path, 'utf8'));
    if (document === undefined || more.length > 0) throw new Error('it does not hold one document');
    if ('error' in document) throw new Error(document.error);
    return parsePolicy(document.value);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError([`KUBUS_AUDIT_POLICY_FILE: ${path} is no audit policy: ${why}`]);
  }
}
