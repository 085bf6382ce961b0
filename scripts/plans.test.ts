import { globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const plans = globSync('{services,packages}/*/src/**/plan.ts', { cwd: root }).sort();

it('there are plans', () => expect(plans.length).toBeGreaterThan(20));

/** Of the plan itself, or of a whole world that follows it step by step: those of a part of it say little. */
const hasProperties = (test: string) =>
  test.includes("from 'fast-check'") && (test.includes("from './plan.ts'") || test.includes('fc.asyncProperty('));

it.each(plans)('%s has properties beside it', (plan) => {
  const folder = join(root, dirname(plan));
  const tests = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  expect(tests.some((name) => hasProperties(readFileSync(join(folder, name), 'utf8')))).toBe(true);
});
