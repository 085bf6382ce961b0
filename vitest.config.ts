import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            ...['packages/**/*.test.ts', 'services/**/*.test.ts', 'scripts/**/*.test.ts', 'e2e/harness/**/*.test.ts'],
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          // Each file runs a whole cluster on the one Docker Engine.
          fileParallelism: false,
        },
      },
    ],
  },
});
