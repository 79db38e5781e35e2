/** Bytes as those rooms want them that work on admitted files. */

import type { Transpiled, TranspileSource } from '../../src/bindings/jco/transpiled.js'
import { createTranspiler as createFromSources } from '../../src/bindings/jco/transpiler.js'
import { generateModule as generateFromAdmitted } from '../../src/bindings/module/generate.js'
import type { ModuleInput } from '../../src/bindings/module/input.js'
import { readGlue } from '../../src/bindings/shared-glue.js'
import { type Hex, toHex } from '../../src/format/encoding.js'
import { coreModuleSlices, readSections, type Slice } from '../../src/format/wasm.js'
import { Admitted } from '../../src/policy/admitted.js'
import { sha256 } from '../../src/trust/crypto/rule.js'

/** What is transpiled of a file that need not be one. */
export function sourceOf(bytes: Uint8Array): TranspileSource {
  return {
    bytes,
    get contentDigest(): Hex {
      return toHex(sha256(bytes))
    },
    get cores(): readonly Slice[] {
      return coreModuleSlices(bytes)
    },
  }
}

/** A file as if it had been admitted, by a policy that checks nothing. */
export function admittedOf(bytes: Uint8Array, sidecars: Admitted['sidecars'] = {}): Admitted {
  return new Admitted({
    name: 'component.wasm',
    bytes,
    outside: readSections(bytes),
    verdict: { status: 'unchecked' },
    names: [],
    rules: [],
    sidecars,
  })
}

/** The log in jco's code. */
export const JCO_LOG = `const _debugLog = (...args) => {
    if (!globalThis?.process?.env?.JCO_DEBUG) { return; }
    console.debug(...args);
  };`

/** A transpiler that takes bytes as well. */
export function createTranspiler(setup: Parameters<typeof createFromSources>[0]) {
  const { transpile, close } = createFromSources(setup)
  return {
    transpile: async (
      of: Uint8Array | TranspileSource,
      about: { name: string; file: string },
    ): Promise<Transpiled> => transpile(of instanceof Uint8Array ? sourceOf(of) : of, about),
    close,
  }
}

/** {@link generateFromAdmitted} for bytes. */
export function generateModule({ bytes, ...input }: Omit<ModuleInput, 'admitted'> & { bytes: Uint8Array }) {
  return generateFromAdmitted({ glue: readGlue(), ...input, admitted: admittedOf(bytes) })
}
