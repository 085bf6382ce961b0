import { type Document, isScalar, parseAllDocuments, visit } from 'yaml';
import { kubernetesTags } from './tags.ts';

export type YamlDocument = { value: unknown } | { error: string };

/** Aliases may repeat content, but not multiply it. */
const MAX_ALIASES = 100;

/**
 * Every document of a YAML text (JSON is YAML too), empty ones left out, as Kubernetes reads YAML: version 1.1, so that 0644 is octal and `yes` is
 * true, but times and dates are text. Keys must be unique. Each document that cannot be read has its own error; nothing is thrown.
 */
export function parseYaml(text: string): YamlDocument[] {
  try {
    return [{ value: JSON.parse(text) as unknown }];
  } catch {
    return parseDocuments(text);
  }
}

function parseDocuments(text: string): YamlDocument[] {
  try {
    const documents = parseAllDocuments(text, {
      version: '1.1',
      customTags: kubernetesTags,
      // Looked for below: the parser compares each key with each.
      uniqueKeys: false,
      prettyErrors: true,
    });
    return (Array.isArray(documents) ? documents : [])
      .map((document) => readDocument(document, text))
      .filter((document) => !isEmpty(document));
  } catch (error) {
    // Nesting so deep that the parser gives up.
    return [{ error: `cannot be read: ${messageOf(error)}` }];
  }
}

function readDocument(document: Document.Parsed, text: string): YamlDocument {
  const [error] = document.errors;
  if (error !== undefined) return { error: error.message.replace(/:?\n[\s\S]*/, '') };
  const twice = repeatedKey(document);
  if (twice !== undefined) {
    const line = text.slice(0, twice.at).split('\n').length;
    return { error: `line ${line}: key ${JSON.stringify(twice.name)} already set in map` };
  }
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown };
  } catch (thrown) {
    return { error: `cannot be read: ${messageOf(thrown)}` };
  }
}

/** The first key that stands twice in one map, and where it does so for the second time. */
function repeatedKey(document: Document.Parsed): { name: unknown; at: number } | undefined {
  let repeated: { name: unknown; at: number } | undefined;
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name: unknown = isScalar(key) ? key.value : key;
        if (seen.has(name) && name !== '<<') repeated ??= { name, at: isScalar(key) ? (key.range?.[0] ?? 0) : 0 };
        seen.add(name);
      }
      return repeated === undefined ? undefined : visit.BREAK;
    },
  });
  return repeated;
}

const isEmpty = (document: YamlDocument): boolean => 'value' in document && document.value === null;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
