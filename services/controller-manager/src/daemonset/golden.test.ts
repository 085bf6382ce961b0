import { it } from 'vitest';
import { expectGolden, goldenCases } from '../common/testing/golden.ts';

const folder = new URL('./testdata/', import.meta.url);

it.each(goldenCases(folder))('%s', (name) => expectGolden(folder, name, 'daemonset'));
