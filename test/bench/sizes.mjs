// What emitted code brings into a page: our runtime, minified and compressed, with what is loaded later left out.
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const runtime = fileURLToPath(new URL('../../dist/runtime', import.meta.url)).replaceAll('\\', '/')

/** The functions that the code of one component names, by what it does. @see src/bindings/module/runtime.ts */
const USES = {
  'off, compiled while it arrives': { stream: ['compileStreaming'] },
  off: { get: ['readContent'], compile: ['compile'] },
  digest: { get: ['readPinned'], compile: ['compile'] },
  signature: { compile: ['compile'], signature: ['readSigned'] },
}

/** Bytes of gzip that each use may take. */
export const LIMITS = {
  'off, compiled while it arrives': 1100,
  off: 750,
  digest: 600,
  signature: 2000,
}

/**
 * Bytes of gzip by use.
 * @returns {Promise<Record<keyof typeof LIMITS, number>>}
 */
export async function runtimeSizes() {
  /** @type {Record<string, number>} */
  const sizes = {}
  for (const [use, files] of Object.entries(USES)) sizes[use] = await compressedSize(files)
  return /** @type {Record<keyof typeof LIMITS, number>} */ (sizes)
}

async function compressedSize(files) {
  const lines = Object.entries(files).map(
    ([file, names]) => `export { ${names.join(', ')} } from '${runtime}/${file}.js'`,
  )
  const later = {
    name: 'later',
    setup: (esbuild) =>
      esbuild.onResolve({ filter: /./ }, ({ kind, path }) =>
        kind === 'dynamic-import' ? { path, external: true } : undefined,
      ),
  }
  const { outputFiles } = await build({
    stdin: { contents: lines.join('\n'), resolveDir: runtime },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    plugins: [later],
  })
  return gzipSync(outputFiles[0].contents, { level: 9 }).length
}
