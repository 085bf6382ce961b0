import { expect, it } from 'vitest';
import { type ContainerMount, ContainerStartError } from '../contract.ts';
import { bindMount, canMountRecursively } from './mounts.ts';

const mount = (more: Partial<ContainerMount> = {}): ContainerMount => ({
  ...{ source: '/a', target: '/b', readOnly: true, propagation: 'rslave' },
  ...more,
});
const optionsOf = (given: ContainerMount, recursive: boolean) => bindMount(given, recursive).BindOptions;

it('knows engines that can', () => {
  expect(['1.41', '1.43', '1.44', '1.51', '2.0'].map(canMountRecursively)).toEqual([false, false, true, true, true]);
});

it('makes a mount read-only below too only when that is asked for', () => {
  expect(optionsOf(mount(), true)).toEqual({ Propagation: 'rslave', ReadOnlyNonRecursive: true });
  expect(optionsOf(mount({ recursiveReadOnly: 'must' }), true)).toMatchObject({ ReadOnlyForceRecursive: true });
  expect(optionsOf(mount({ recursiveReadOnly: 'ifPossible' }), true)).toMatchObject({ ReadOnlyForceRecursive: false });
  expect(optionsOf(mount({ readOnly: false }), true)).toEqual({ Propagation: 'rslave' });
});

it('starts nothing on an engine that cannot what a mount must be', () => {
  expect(() => bindMount(mount({ recursiveReadOnly: 'must' }), false)).toThrow(ContainerStartError);
  expect(optionsOf(mount({ recursiveReadOnly: 'ifPossible' }), false)).toEqual({ Propagation: 'rslave' });
});

it('leaves private mounts to the engine, which has to follow mounts below its own folder', () => {
  expect(optionsOf(mount({ propagation: 'rprivate', readOnly: false }), false)).toEqual({});
});
