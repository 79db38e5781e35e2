/** A disk on which things fail, for tests that run as root, to whom nothing is closed. */

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import path from 'node:path'
import { onTestFinished, vi } from 'vitest'

type Failing =
  | 'openSync'
  | 'readdirSync'
  | 'statSync'
  | 'linkSync'
  | 'renameSync'
  | 'fchmodSync'
  | 'fsyncSync'
  | 'readSync'

/** From now on, and until the test has ended, a function of `node:fs` fails for one path, or for all. */
export function failAt(file: string | undefined, name: Failing, code: string): void {
  const real = fs[name] as (...args: unknown[]) => unknown
  const failing = (...args: unknown[]): unknown => {
    if (file !== undefined && path.resolve(String(args[0])) !== path.resolve(file)) return real(...args)
    throw Object.assign(new Error(`${code}: it is said, ${name} '${file ?? String(args[0])}'`), {
      code,
      syscall: name,
    })
  }
  const spy = vi.spyOn(fs, name).mockImplementation(failing as never)
  syncBuiltinESMExports()
  onTestFinished(() => {
    spy.mockRestore()
    syncBuiltinESMExports()
  })
}
