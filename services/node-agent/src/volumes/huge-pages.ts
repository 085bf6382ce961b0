import { quantityValue } from '@kubus/shared/object';
import type { Pod } from '@kubus/shared/schema';
import { VolumeError } from './contract.ts';

const medium = 'HugePages';
const resource = 'hugepages-';

/** Bytes of a page of an emptyDir's medium; undefined for a medium that is none of huge pages. Throws VolumeError for pages that the pod does not ask for. */
export function hugePageBytes(name: string, pod: Pod): number | undefined {
  if (name !== medium && !name.startsWith(`${medium}-`)) return undefined;
  const asked = sizesOf(pod);
  if (name === medium) {
    const [only, ...others] = asked;
    if (only === undefined)
      throw new VolumeError('hugePages storage requested, but there is no resource request for huge pages');
    if (others.length > 0)
      throw new VolumeError(`medium "${medium}" needs pages of one size, and the pod asks for several`);
    return only;
  }
  const size = quantityValue(name.slice(medium.length + 1));
  if (!asked.includes(size)) throw new VolumeError(`medium "${name}" for a pod that asks for no such huge pages`);
  return size;
}

/** The sizes of pages that the pod or its containers ask for; bytes, each once. */
function sizesOf({ spec }: Pod): number[] {
  const asking = [spec, ...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const names = asking.flatMap((each) => Object.keys(each?.resources?.requests ?? each?.resources?.limits ?? {}));
  const sizes = names
    .filter((name) => name.startsWith(resource))
    .map((name) => quantityValue(name.slice(resource.length)));
  return [...new Set(sizes)];
}
