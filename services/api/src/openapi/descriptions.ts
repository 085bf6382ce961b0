import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Describe } from '@kubus/shared/schema';

/** Written when dependencies are installed (scripts/descriptions.mjs); absent from an image with production dependencies alone. */
const standardFile = join(import.meta.dirname, '../../../../node_modules/.cache/kubus/descriptions.json');

type Descriptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

const groupNames: ReadonlyMap<string, string> = new Map([['apiextensions-apiserver', 'Apiextensions']]);

/**
 * Descriptions of types and fields, where they have been generated. They are needed while documents are made and not after: memory may be taken back in
 * between, and then the file is read again.
 */
export function descriptions(file: string = standardFile): () => Describe | undefined {
  let kept: WeakRef<Descriptions> | undefined;
  let missing = false;
  return () => {
    if (missing) return undefined;
    let texts = kept?.deref();
    if (texts === undefined) {
      texts = read(file);
      if (texts === undefined) {
        missing = true;
        return undefined;
      }
      kept = new WeakRef(texts);
    }
    const found = texts;
    return (type, field = '') => textOf(found, type, field);
  };
}

/** Descriptions are a comfort: without them everything works. */
function read(file: string): Descriptions | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Descriptions;
  } catch {
    return undefined;
  }
}

/** 'io.k8s.api.core.v1.Pod' is V1Pod there, or CoreV1Event where several groups have a kind of that name. */
function textOf(texts: Descriptions, type: string, field: string): string | undefined {
  const [name = '', version = '', group = ''] = type.split('.').reverse();
  const versioned = `${capital(version)}${name}`;
  const known = [`${groupNames.get(group) ?? capital(group)}${versioned}`, versioned].find((key) =>
    Object.hasOwn(texts, key),
  );
  const own = known === undefined ? undefined : texts[known];
  return own !== undefined && Object.hasOwn(own, field) ? own[field] : undefined;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
