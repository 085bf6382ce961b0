import type { Tags } from 'yaml';

type Tag = Tags[number];

/**
 * The values that Go's YAML knows, which differ from those of YAML 1.1: no base-60 numbers and, where JSON comes of it, no dates ('12:30:45' and
 * 2001-01-01 are text), and no numbers without a digit before the exponent ('.' and 'e5' are text).
 */
export const kubernetesTags = (tags: Tags): Tags =>
  tags.filter((tag) => !/timestamp|TIME|intTime|floatTime|omap|pairs|set$/.test(nameOf(tag))).map(withDigits);

const nameOf = (tag: Tag): string =>
  typeof tag === 'string' ? tag : `${tag.tag} ${'format' in tag ? tag.format : ''}`;

function withDigits(tag: Tag): Tag {
  if (typeof tag === 'string' || !('test' in tag) || !tag.tag.endsWith(':float')) return tag;
  if (tag.test?.test('e5'))
    return { ...tag, test: /^[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)[eE][-+]?[0-9]+$/ };
  if (tag.test?.test('.')) return { ...tag, test: /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/ };
  return tag;
}
