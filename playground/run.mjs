// Builds the page, asks the component in the bundle a question, shows the refusal of a tampered copy, serves the page.
// `--once` ends instead of serving.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build, preview } from 'vite'

const root = fileURLToPath(new URL('.', import.meta.url))
const config = { configFile: `${root}vite.config.ts`, root }

await build({ ...config, logLevel: 'warn', build: { outDir: 'dist/page', emptyOutDir: true } })

for (const mode of ['off', 'digest', 'signature']) await buildRechecked(mode)

await buildForNode('answer')
const { answer } = await import(new URL('dist/answer/answer.js', import.meta.url).href)
console.log(`The signed component says: ${answer}\n`)

const refusal = await refusalOf(() => buildTampered())
console.log(`The build with a tampered copy says:\n\n${refusal}\n`)

const late = await refusalOf(() => runTampered())
console.log(`Tampered with after the build, which had recheck: 'signature', it says:\n\n${late}\n`)

if (!process.argv.includes('--once')) {
  const server = await preview({ ...config, build: { outDir: 'dist/page' } })
  console.log('The page is served; Ctrl+C ends.')
  server.printUrls()
}

function buildForNode(entry, { mode = 'production', outDir = `dist/${entry}` } = {}) {
  return build({
    ...config,
    mode,
    logLevel: 'silent',
    build: { ssr: `src/${entry}.js`, outDir, emptyOutDir: true },
  })
}

/** The page that checks its file again, and beside it the same page with the tampered copy in the place of the file. */
async function buildRechecked(mode) {
  const outDir = `dist/page/recheck/${mode}`
  const rolldownOptions = { input: `${root}recheck.html` }
  await build({ ...config, mode, logLevel: 'warn', build: { outDir, emptyOutDir: true, rolldownOptions } })
  await cp(`${root}${outDir}`, `${root}${outDir}-tampered`, { recursive: true })
  await replaceComponent(`${root}${outDir}-tampered`)
}

async function runTampered() {
  const outDir = 'dist/answer-signature'
  await buildForNode('answer', { mode: 'signature', outDir })
  await replaceComponent(`${root}${outDir}`)
  await import(new URL(`${outDir}/answer.js`, import.meta.url).href)
}

async function replaceComponent(folder) {
  const files = await readdir(folder, { recursive: true })
  const components = files.filter((file) => file.endsWith('.wasm'))
  if (components.length !== 1) throw new Error(`one component was expected, not ${components.length}`)
  await writeFile(`${folder}/${components[0]}`, await tamperedCopy())
}

async function tamperedCopy() {
  const text = await readFile(`${root}hello.tampered.hex`, 'utf8')
  return Buffer.from(text.replace(/\s/g, ''), 'hex')
}

async function buildTampered() {
  await mkdir(`${root}tampered`, { recursive: true })
  try {
    await writeFile(`${root}tampered/hello.wasm`, await tamperedCopy())
    await buildForNode('tampered')
  } finally {
    await rm(`${root}tampered`, { recursive: true })
  }
}

async function refusalOf(run) {
  try {
    await run()
  } catch (error) {
    const { message } = error
    return message.slice(message.indexOf('[signed-wasm]')).split('\n    at ')[0]
  }
  throw new Error('the tampered copy was let through: this must not happen')
}
