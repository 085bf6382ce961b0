import { stringify } from 'yaml';
import { kubernetesTags } from './tags.ts';

/** YAML that readers of version 1.1 take for the same value: text that would be something else to them is quoted. */
export function writeYaml(value: unknown): string {
  return stringify(value, { version: '1.1', customTags: kubernetesTags, aliasDuplicateObjects: false });
}
