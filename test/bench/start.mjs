// How long a component takes to start in Chromium, from the import to an instance, by how it is shipped and checked; in turns.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium } from 'playwright-core'
import { build } from 'vite'
import { generateKey } from '../../dist/trust/keys/trusted-key.js'
import { formatPublicKey } from '../../dist/trust/keys/write.js'
import { sign } from '../../dist/trust/sign.js'
import signedWasm from '../../dist/vite.js'

/** How it is shipped and checked; the first is what the others are compared with. */
const WAYS = {
  'as one file': {},
  'recheck digest': { recheck: 'digest' },
  'recheck signature': { recheck: 'signature' },
  'as core modules': { asset: 'modules' },
}
const NAMES = Object.keys(WAYS)
const slugOf = (name) => name.replaceAll(' ', '-')
const TYPES = { '.js': 'text/javascript', '.html': 'text/html', '.wasm': 'application/wasm' }

/** A page for each kind, built by Vite. */
async function makePages(folder, component) {
  const key = generateKey()
  mkdirSync(path.join(folder, 'src'), { recursive: true })
  writeFileSync(path.join(folder, 'src/c.wasm'), sign(component, key).bytes)
  writeFileSync(path.join(folder, 'src/main.js'), `globalThis.start = () => import('./late.js')`)
  writeFileSync(
    path.join(folder, 'src/late.js'),
    `import make from './c.wasm?instantiate'\nexport const done = await make()`,
  )
  writeFileSync(
    path.join(folder, 'index.html'),
    '<!doctype html><script type="module" src="/src/main.js"></script>',
  )
  for (const [name, options] of Object.entries(WAYS))
    await build({
      root: folder,
      base: `/${slugOf(name)}/`,
      configFile: false,
      logLevel: 'silent',
      plugins: [signedWasm({ keys: formatPublicKey(key, 'pem'), ...options, types: false, cache: false })],
      build: { outDir: path.join(folder, 'pages', slugOf(name)), target: 'esnext' },
    })
}

/** As a server of static files does it, which lets browsers keep what has a hash in its name. */
function serve(folder) {
  const server = createServer(({ url }, response) => {
    const file = path.join(folder, 'pages', url.endsWith('/') ? `${url}index.html` : url)
    if (!(path.extname(file) in TYPES)) return response.writeHead(404).end()
    const control = file.endsWith('.html') ? 'no-cache' : 'public, max-age=31536000, immutable'
    response.writeHead(200, { 'content-type': TYPES[path.extname(file)], 'cache-control': control })
    response.end(readFileSync(file))
  })
  return new Promise((resolve) => server.listen(0, () => resolve(server)))
}

async function visit(context, address) {
  const page = await context.newPage()
  await page.goto(address)
  const taken = await page.evaluate(async () => {
    const start = performance.now()
    await globalThis.start()
    return performance.now() - start
  })
  await page.close()
  return taken
}

/**
 * @param {number} rounds
 * @param {Uint8Array} component one that imports nothing
 * @param {string} executablePath of Chromium
 * @returns {Promise<{ what: string, figure: number }[]>} medians of ratios to the first visit, as one file
 */
export async function startRatios(rounds, component, executablePath) {
  const folder = mkdtempSync(path.join(tmpdir(), 'signed-wasm-bench-'))
  const taken = { first: {}, repeat: {} }
  for (const visits of Object.values(taken)) for (const name of NAMES) visits[name] = []
  try {
    await makePages(folder, component)
    const server = await serve(folder)
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    for (let round = 0; round < rounds; round++)
      // The first in a round pays for what the browser has let go of.
      for (const name of NAMES.map((_, index) => NAMES[(round + index) % NAMES.length])) {
        const context = await browser.newContext()
        const address = `http://localhost:${server.address().port}/${slugOf(name)}/`
        taken.first[name].push(await visit(context, address))
        taken.repeat[name].push(await visit(context, address))
        await context.close()
      }
    await browser.close()
    server.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
  return Object.entries(taken).flatMap(([when, visits]) =>
    NAMES.map((name) => ({
      what: `start in Chromium, ${when} visit, ${name}, to the first as one file`,
      figure: median(visits[name].map((ms, round) => ms / taken.first[NAMES[0]][round])),
    })),
  )
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
