/** What loaders of others can do to a file in webpack and Rspack. */

import { describe, expect, it } from 'vitest'
import { build } from '../bundlers.js'
import { inState, makeProject, TRUSTED_PEM } from '../project.js'
import { constantComponent } from '../wat.js'

const RAW = 'module.exports.raw = true'

/** Adds a section that nobody signed. */
const APPENDING = 'module.exports = (bytes) => Buffer.concat([bytes, Buffer.from([0, 3, 1, 0x78, 0x79])])'

/** Changes the last byte of wasm in place; what we generate is left alone. */
const FLIPPING = `module.exports = (bytes) => {
  if (bytes.subarray(0, 4).equals(Buffer.from('\\0asm'))) bytes[bytes.length - 1] ^= 1
  return bytes
}`

const IMPORT = `import { answer } from './x.wasm'\nglobalThis.answers = answer()`
const URL_OF_IT = `globalThis.answers = String(new URL('./x.wasm', import.meta.url))`

/** Declares that what is shipped is what was judged. */
export function describeLoaders(name: 'webpack' | 'rspack'): void {
  const attempt = async (file: Uint8Array, enforce: 'pre' | 'post', loader: string, main = IMPORT) => {
    const project = makeProject({
      'main.js': main,
      'x.wasm': file,
      'loader.cjs': `${loader}\n${RAW}`,
    })
    const module = { rules: [{ test: /\.wasm$/, enforce, loader: project.at('loader.cjs') }] }
    const options = { keys: TRUSTED_PEM }
    await build[name]({ project, options, target: 'node', out: 'dist', config: { module } })
    const shipped = project.files('dist').filter((one) => one.endsWith('.wasm'))
    return shipped.map((one) => project.read(`dist/${one}`))
  }

  describe(`${name}: another loader that changes a file`, () => {
    it('before us changes nothing of what is shipped', async () => {
      const signed = inState(await constantComponent(1), 'signed')
      expect(await attempt(signed, 'pre', APPENDING)).toEqual([signed])
    })

    it('after us, in place, has nothing of what an import brings', async () => {
      const signed = inState(await constantComponent(1), 'signed')
      expect(await attempt(signed, 'post', FLIPPING)).toEqual([signed])
    })

    it('after us, in place, is found out where code refers to the file', async () => {
      const signed = inState(await constantComponent(1), 'signed')
      await expect(attempt(signed, 'post', FLIPPING, URL_OF_IT)).rejects.toThrow('UNVERIFIED_WASM')
    })
  })
}
