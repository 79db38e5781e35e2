import { type Reporter } from 'vitest/node'
import { defineConfig } from 'vitest/config'

/** One plain line at the end, for programs that read the outcome. */
const closingLine: Reporter = {
  onTestRunEnd(files, errors) {
    const states = files.flatMap((file) => [...file.children.allTests()].map((test) => test.result().state))
    const count = (state: string) => states.filter((one) => one === state).length
    const broken =
      files.filter((file) => file.state() === 'failed' && file.errors().length > 0).length + errors.length
    console.log(`${count('passed')} passed, ${count('failed') + broken} failed, ${count('skipped')} skipped`)
  },
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/kit/temporary.ts',
    exclude: ['test/.tmp/**', 'test/fixtures/**'],
    reporters: ['default', closingLine],
    // Bundlers, browsers and the transpiler share two cores in CI.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
})
