// What the search of a finished output costs, beside the build that has made it: 200 chunks of real code, 20 MB in all.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createUnplugin } from 'unplugin'
import { build as vite } from 'vite'
import { viteHooks } from '../../dist/plugin/bundlers/vite/hooks.js'
import { LateSweep } from '../../dist/plugin/late-sweep.js'
import { Pipeline } from '../../dist/plugin/pipeline.js'
import { formatPublicKey } from '../../dist/trust/keys/write.js'
import { generateKey } from '../../dist/trust/keys/trusted-key.js'

/** Minifying leaves 20 MB of them. */
const [CHUNKS, CHUNK_BYTES] = [200, 280_000]

const milliseconds = ({ user, system }) => (user + system) / 1000

/** Modules that hold real code, which is CommonJS: each file in a function of its own, but for those that speak of wasm. */
function writeEntries(folder) {
  const library = path.dirname(createRequire(import.meta.url).resolve('webpack'))
  const files = readdirSync(library, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.js'),
  )
  const texts = files
    .map((name) => readFileSync(path.join(library, name), 'utf8'))
    .filter((text) => !/AGFzb|import\.source|`with/.test(text))
  let next = 0
  return Array.from({ length: CHUNKS }, (_, index) => {
    const functions = []
    for (let length = 0; length < CHUNK_BYTES; length += functions.at(-1).length)
      functions.push(`(module, exports, require) => {\n${texts[next++ % texts.length]}\n}`)
    const entry = path.join(folder, `entry${index}.js`)
    writeFileSync(entry, `globalThis.entry${index} = [\n${functions.join(',\n')}\n]\n`)
    return entry
  })
}

/** The plugin out of its own files, so that what is watched below is what it calls: users have it in one file. */
const plugin = createUnplugin((options) => ({
  name: 'unplugin-signed-wasm',
  enforce: 'pre',
  ...viteHooks(new Pipeline(options)),
}))

/** Sums up what both looks at the output take. */
function watchSweep() {
  const spent = { sweep: 0 }
  for (const look of ['early', 'late']) {
    const original = LateSweep.prototype[look]
    LateSweep.prototype[look] = function (...args) {
      const before = process.cpuUsage()
      original.apply(this, args)
      spent.sweep += milliseconds(process.cpuUsage(before))
    }
  }
  return spent
}

/**
 * The part of a Vite build's CPU time that its sweep takes, as a percentage: the median of several builds.
 * @param {number} rounds
 * @returns {Promise<{ percent: number, chunks: number, bytes: number }>} with what the build has written
 */
export async function sweepShare(rounds) {
  const folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm-bench-'))
  const spent = watchSweep()
  try {
    const input = writeEntries(folder)
    const shares = []
    for (let round = 0; round < rounds; round++) {
      const key = formatPublicKey(generateKey(), 'pem')
      spent.sweep = 0
      const before = process.cpuUsage()
      await vite({
        root: folder,
        configFile: false,
        logLevel: 'silent',
        plugins: [plugin.vite({ keys: key })],
        build: { emptyOutDir: true, chunkSizeWarningLimit: 1e6, rolldownOptions: { input } },
      })
      if (spent.sweep === 0) throw new Error('the search was not seen')
      shares.push((100 * spent.sweep) / milliseconds(process.cpuUsage(before)))
    }
    const assets = path.join(folder, 'dist/assets')
    const sizes = readdirSync(assets).map((name) => statSync(path.join(assets, name)).size)
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    return { percent: shares.toSorted((a, b) => a - b)[rounds >> 1], chunks: sizes.length, bytes }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
