// Builds the page, asks the component in the bundle a question, shows the refusal of a tampered copy, serves the page.
// `--once` ends instead of serving.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build, preview } from 'vite'

const root = fileURLToPath(new URL('.', import.meta.url))
const config = { configFile: `${root}vite.config.ts`, root }

await build({ ...config, logLevel: 'warn', build: { outDir: 'dist/page', emptyOutDir: true } })

await buildForNode('answer')
const { answer } = await import(new URL('dist/answer/answer.js', import.meta.url).href)
console.log(`The signed component says: ${answer}\n`)

const refusal = await refusalOf(() => buildTampered())
console.log(`The build with a tampered copy says:\n\n${refusal}\n`)

if (!process.argv.includes('--once')) {
  const server = await preview({ ...config, build: { outDir: 'dist/page' } })
  console.log('The page is served; Ctrl+C ends.')
  server.printUrls()
}

function buildForNode(entry) {
  return build({
    ...config,
    logLevel: 'silent',
    build: { ssr: `src/${entry}.js`, outDir: `dist/${entry}`, emptyOutDir: true },
  })
}

async function buildTampered() {
  await mkdir(`${root}tampered`, { recursive: true })
  try {
    const text = await readFile(`${root}hello.tampered.hex`, 'utf8')
    await writeFile(`${root}tampered/hello.wasm`, Buffer.from(text.replace(/\s/g, ''), 'hex'))
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
  throw new Error('the tampered copy was built: this must not happen')
}
