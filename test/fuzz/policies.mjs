// The properties of policies, on a million of them.
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
