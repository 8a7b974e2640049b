import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Worker threads and the measuring host run plain JavaScript from dist/, as they do in production.
    globalSetup: ['tests/support/build.ts'],
    setupFiles: ['tests/support/seed-property-tests.ts'],
    testTimeout: 60_000,
    maxWorkers: 2,
  },
});
