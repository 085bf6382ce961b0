import { expect, it } from 'vitest';
import { listImages } from './image-list.ts';

it('names the largest images first, with their digests, and none without a name', async () => {
  const image = (RepoTags: string[] | null, Size: number, RepoDigests: string[] | null = null) => ({
    RepoTags,
    RepoDigests,
    Size,
  });
  const many = Array.from({ length: 60 }, (_, i) => image([`many:${i}`], i));
  const docker = {
    listImages: async () => [
      image(['<none>:<none>'], 10_000),
      image(null, 10_000),
      image(['web:1', 'web:latest'], 5_000, ['web@sha256:1']),
      ...many,
    ],
  };
  const found = await listImages(docker as never);
  expect(found[0]).toEqual({ names: ['web:1', 'web:latest', 'web@sha256:1'], sizeBytes: 5_000 });
  expect(found[1]?.names).toEqual(['many:59']);
  expect(found).toHaveLength(50);
});
