import { describe, expect, it } from 'vitest';
import { buildPod, container } from '../../test/rig.ts';
import { hugePageBytes } from './huge-pages.ts';

const asks = (...names: string[]) => {
  const requests = Object.fromEntries(names.map((name) => [name, '1Gi']));
  return buildPod('web', { containers: [container('main', 'x', { resources: { requests, limits: requests } })] });
};

describe('the pages of an emptyDir', () => {
  it.each([
    ['HugePages', ['hugepages-2Mi', 'memory'], 2 ** 21],
    ['HugePages-1Gi', ['hugepages-2Mi', 'hugepages-1Gi'], 2 ** 30],
    ['Memory', ['hugepages-2Mi'], undefined],
    ['', [], undefined],
  ])('of the medium %j in a pod that asks for %j are of %s bytes', (medium, asked, bytes) => {
    expect(hugePageBytes(medium, asks(...asked))).toBe(bytes);
  });

  it.each([
    ['HugePages', []],
    ['HugePages', ['hugepages-2Mi', 'hugepages-1Gi']],
    ['HugePages-1Gi', ['hugepages-2Mi']],
  ])('of the medium %s in a pod that asks for %j are none', (medium, asked) => {
    expect(() => hugePageBytes(medium, asks(...asked))).toThrow('uge');
  });
});
