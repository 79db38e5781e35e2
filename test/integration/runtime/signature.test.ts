/** `recheck: 'signature'` beside `verify`: the same files pass, the others are refused with the same code. */

import { afterEach, describe, expect, it } from 'vitest'
import { Diagnostic } from '../../../src/errors/diagnostic.js'
import { toHex } from '../../../src/format/encoding.js'
import { contentStart } from '../../../src/format/wasm.js'
import { generateKey, type TrustedKey, trustedKey } from '../../../src/trust/keys/trusted-key.js'
import { parsePublicKeys } from '../../../src/trust/keys/read.js'
import { explain } from '../../../src/trust/explain.js'
import { sign } from '../../../src/trust/sign.js'
import { verifySync } from '../../../src/trust/verify.js'
import { applyEdits, openFull, openSubset } from '../../kit/corpus.js'
import { base64, closeCheck, openCheck, OTHER, pinned, PLACES } from '../../kit/recheck.js'
import { component, hash } from '../../kit/sections.js'

const BUILD = generateKey()
const TRUSTED_BY_BUILD = [trustedKey(BUILD.publicKey, 'build')]

/** The digest of a file's content, if a build could have verified that content with some signature. */
function digestOf(file: Uint8Array): string {
  const start = startOf(file)
  if (start === undefined) return OTHER
  try {
    const again = sign(component(file.subarray(start)), BUILD).bytes
    const verdict = verifySync(again, TRUSTED_BY_BUILD, { layer: 'component' })
    const digest = toHex(hash(file.subarray(start)))
    return verdict.status === 'verified' && verdict.digest === digest ? digest : OTHER
  } catch (error) {
    if (error instanceof Diagnostic) return OTHER
    throw error
  }
}

function startOf(file: Uint8Array): number | undefined {
  try {
    return contentStart(file)
  } catch {
    return undefined
  }
}

afterEach(closeCheck)

const corpus = openFull() ?? openSubset()

describe.each(PLACES)('in %s', (place) => {
  it.each(['that of the file', 'another'] as const)(
    `decides as verify does on the files of ${corpus.name} when the content of the build is %s`,
    async (content) => {
      const { read, judgedWhole } = await openCheck(place)
      const seen = { atOnce: 0, whole: 0, refused: 0 }
      for (const { file, patch, detached, keys: names } of corpus.cases) {
        const data = applyEdits(corpus.read(file), patch)
        if (data.length > 200_000) continue
        let keys: TrustedKey[]
        try {
          keys = names.flatMap((key) => parsePublicKeys(corpus.read(key), key))
        } catch (error) {
          if (error instanceof Diagnostic) continue // No build gets beyond such a key.
          throw error
        }
        const beside = detached === undefined ? {} : { detached: corpus.read(detached) }
        const wanted = explain(verifySync(data, keys, { layer: 'component', ...beside }), 'x', keys)?.code
        const extra = beside.detached === undefined ? {} : { detached: base64(beside.detached) }
        const digest = content === 'another' ? OTHER : digestOf(data)
        const before = judgedWhole()
        const outcome = await read(data, pinned(keys, { ...extra, digest }))
        if (wanted === undefined) {
          expect(outcome).toEqual(data.subarray(contentStart(data)))
          seen[judgedWhole() === before ? 'atOnce' : 'whole']++
        } else {
          expect(outcome).toBe(wanted)
          seen.refused++
        }
      }
      if (content === 'another') expect(seen.atOnce).toBe(0)
      else expect(seen.atOnce).toBeGreaterThan(5)
      expect(seen.atOnce + seen.whole).toBeGreaterThan(5)
      expect(seen.refused).toBeGreaterThan(20)
    },
  )
})
