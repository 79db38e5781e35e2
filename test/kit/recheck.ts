/** `recheck: 'signature'` as it is in a page, fed with files of a test. */

import { expect, vi } from 'vitest'
import type { Pinned } from '../../src/runtime/pinned.js'
import type { TrustedKey } from '../../src/trust/keys/trusted-key.js'

export const base64 = (data: Uint8Array) => Buffer.from(data).toString('base64')

/** A digest that no file has. */
export const OTHER = '0'.repeat(64)

/** What a build compiles in for these keys; the content of the build is another, unless `rest` says which. */
export const pinned = (keys: readonly TrustedKey[], rest: Partial<Pinned> = {}): Pinned => ({
  keys: keys.map(({ name, publicKey }) => [name, base64(publicKey)]),
  digest: OTHER,
  slices: [],
  ...rest,
})

/** Where a check runs. */
export const PLACES = ['Node', 'a browser'] as const

/**
 * The check as it is in Node, or as it is where Node's crypto cannot be reached, until {@link closeCheck}.
 * @returns `read` gives bytes or a code; `judgedWhole` counts the files that the small check left to the large one
 */
export async function openCheck(place: (typeof PLACES)[number]) {
  vi.resetModules()
  if (place === 'a browser') vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
  const { readSigned } = await import('../../src/runtime/signature.js')
  const acceptWhole = vi.spyOn(await import('../../src/runtime/late/whole.js'), 'acceptWhole')
  const read = async (file: Uint8Array, expected: Pinned): Promise<Uint8Array | string> => {
    vi.stubGlobal('fetch', async () => new Response(Uint8Array.from(file)))
    return readSigned('https://example.org/x.wasm', expected).catch((error: Error & { code?: string }) => {
      if (error.code === undefined) throw error
      expect(error.message).toContain(`[signed-wasm] ${error.code} https://example.org/x.wasm: `)
      return error.code
    })
  }
  return { read, judgedWhole: () => acceptWhole.mock.calls.length }
}

/** Undoes what {@link openCheck} did. */
export function closeCheck(): void {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.resetModules()
}
