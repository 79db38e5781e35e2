// jco called by hand, for webpack: a loader that gives a module with the core modules in it.
module.exports = async function (content) {
  const done = this.async()
  try {
    const { transpileBytes } = await import('@bytecodealliance/jco-transpile')
    const options = {
      name: 'component',
      instantiation: 'async',
      nodejsCompat: false,
      noComponentErrorWrapping: false,
    }
    const { files } = await transpileBytes(content, options)
    const js = Buffer.from(files['component.js'])
      .toString()
      .replace('export function instantiate', 'function instantiate')
    const cores = Object.entries(files)
      .filter(([name]) => name.endsWith('.wasm'))
      .map(
        ([name, bytes]) =>
          `${JSON.stringify(name)}: ${JSON.stringify(Buffer.from(bytes).toString('base64'))}`,
      )
    done(
      null,
      `${js}\nconst cores = { ${cores.join(', ')} }
export default (imports) => instantiate((name) => WebAssembly.compile(Uint8Array.from(atob(cores[name]), (c) => c.charCodeAt(0))), imports)`,
    )
  } catch (error) {
    done(error)
  }
}
module.exports.raw = true
