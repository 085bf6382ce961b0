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
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          // Each file runs a whole cluster on the one Docker Engine.
          fileParallelism: false,
        },
      },
    ],
  },
});
