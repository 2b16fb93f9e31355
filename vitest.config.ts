/** Two projects: `quick` on every change, within three minutes; `soak` for long loads, one file at a time. */
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// .ci/run counts the tests of both projects by these reports.
const report = process.env['CALLBOARD_TEST_REPORT']

export default defineConfig({
  test: {
    // Most tests wait for processes of their own: by default a machine of two cores would run one file at a time.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    // Said by XState's development build alone, of a machine started inside another one's action: it changes nothing.
    onConsoleLog: (line) => !line.includes('Custom actions should not call `assign()`'),
    projects: [
      {
        test: {
          name: 'quick',
          // A worker goes on with the next file: to load zod, XState and ours anew for each takes a quarter of the time.
          isolate: false,
          globalSetup: 'test/scratch-space.ts',
          setupFiles: 'test/patience.ts',
          expect: { poll: { timeout: 10_000 } },
          include: ['test/**/*.test.ts'],
          exclude: ['test/soak/**', 'test/bench/**'],
          // Far above what any takes: on a busy machine a process may start late.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'soak',
          globalSetup: 'test/scratch-space.ts',
          setupFiles: 'test/patience.ts',
          expect: { poll: { timeout: 10_000 } },
          include: ['test/soak/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'machines/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      // What runs in a daemon's own process is tested there and not counted here; these folders are tested in this one.
      thresholds: {
        'src/wire/**': { lines: 95 },
        'src/transport/**': { lines: 90 },
        'src/runners/**': { lines: 90 },
      },
    },
  },
})
