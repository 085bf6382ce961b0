import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/**/*.test.ts', 'services/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
