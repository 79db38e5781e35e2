// jco called by hand, for webpack: a loader that gives a module with the core modules in it.
module.exports = async function (content) {
  const done = this.async()
  try {
    const { transpile } = await import('./by-hand.mjs')
    const { js, cores } = await transpile(content)
    const texts = cores.map(
      ([name, bytes]) => `${JSON.stringify(name)}: ${JSON.stringify(Buffer.from(bytes).toString('base64'))}`,
    )
    done(
      null,
      `${js}\nconst cores = { ${texts.join(', ')} }
export default (imports) => instantiate((name) => WebAssembly.compile(Uint8Array.from(atob(cores[name]), (c) => c.charCodeAt(0))), imports)`,
    )
  } catch (error) {
    done(error)
  }
}
module.exports.raw = true
