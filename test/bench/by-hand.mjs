// jco called by hand, in the process of the bundler, as anyone would who needs no verification.
import { transpileBytes } from '@bytecodealliance/jco-transpile'

const OPTIONS = {
  name: 'component',
  instantiation: 'async',
  nodejsCompat: false,
  noComponentErrorWrapping: false,
}

/** @param {Uint8Array} bytes of a component */
export async function transpile(bytes) {
  const { files } = await transpileBytes(bytes, { ...OPTIONS })
  const js = Buffer.from(files['component.js']).toString()
  return {
    js: js.replace('export function instantiate', 'function instantiate'),
    cores: Object.entries(files).filter(([name]) => name.endsWith('.wasm')),
  }
}
