// The properties of policies, on a million of them: seeds 1 to 1,000,000. In November 2026 that took an hour on two busy cores, and found
// one slip (seed 173356, a denied signer and the lock).
import { spawnSync } from 'node:child_process'

const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config',
    'test/vitest.config.ts',
    'test/unit/policy/properties.test.ts',
  ],
  { stdio: 'inherit', env: { ...process.env, SIGNED_WASM_RUNS: '1000000' } },
)
process.exitCode = status ?? 1
