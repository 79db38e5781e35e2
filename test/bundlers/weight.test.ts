/** What components weigh in a page of Vite, compressed, and what they would if none shared anything and each logged, as jco writes it. */

import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { transpiler, writeOurs } from '../kit/bindings.js'
import { fixture, makeProject } from '../kit/project.js'
import { REAL, real } from '../kit/usages.js'

const own = transpiler()
afterAll(() => own.close())

const project = makeProject()

/** Bytes of a page with these components. */
async function weigh(names: readonly string[], how: 'ours' | 'plain'): Promise<number> {
  const page = `${how}-${names.join('-')}.js`
  const lines = names.map(
    (name) => `import ${name} from './${how}/${name}/index.js'\nglobalThis.${name} = ${name}`,
  )
  project.write({ [page]: lines.join('\n') })
  const { output } = (await build({
    root: project.root,
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      assetsInlineLimit: 0,
      modulePreload: false,
      rolldownOptions: { input: project.at(page), external: /^@bytecodealliance\// },
    },
  })) as Rolldown.RolldownOutput
  const code = output.map((one) => (one.type === 'chunk' ? one.code : '')).join('')
  return gzipSync(code, { level: 9 }).length
}

async function write(components: Record<string, Uint8Array>) {
  for (const [name, bytes] of Object.entries(components)) {
    const transpiled = await own.transpile(bytes, { name: 'component', file: name })
    const parts = { bytes, transpiled, form: 'instantiate' } as const
    writeOurs(project.at(`ours/${name}`), parts)
    writeOurs(project.at(`plain/${name}`), { ...parts, tracing: true })
  }
}

const apart = async (names: readonly string[], how: 'ours' | 'plain') =>
  (await Promise.all(names.map((name) => weigh([name], how)))).reduce((sum, one) => sum + one, 0)

const SMALL = ['hello', 'calculator', 'counter']

describe('small components', () => {
  beforeAll(() => write(Object.fromEntries(SMALL.map((name) => [name, fixture(name)]))))

  test.each(SMALL)('one alone, %s, weighs at least 7 % less', async (name) => {
    expect(await weigh([name], 'ours')).toBeLessThan((await weigh([name], 'plain')) * 0.93)
  })

  test('two weigh half of what they would apart', async () => {
    const names = SMALL.slice(0, 2)
    const [together, before] = [await weigh(names, 'ours'), await apart(names, 'plain')]
    console.info(`two small: ${together} of ${before} bytes, ${(together / before).toFixed(3)}`)
    expect(together / before).toBeLessThanOrEqual(0.5)
  })
})

const LARGE = ['flavorful', 'lists', 'numbers', 'strings', 'resources']
if (REAL === undefined)
  console.warn('SKIPPED: the weight of real components, as SIGNED_WASM_COMPONENTS is not set')

describe.skipIf(REAL === undefined)('real components', () => {
  beforeAll(() => write(Object.fromEntries(LARGE.map((name) => [name, real(`${name}.component`)]))))

  test.each(LARGE)('one alone, %s, weighs less than before', async (name) => {
    expect(await weigh([name], 'ours')).toBeLessThan(await weigh([name], 'plain'))
  })

  test('two weigh three quarters of what they would apart, five six tenths', async () => {
    for (const [names, limit] of [
      [LARGE.slice(0, 2), 0.75],
      [LARGE, 0.6],
    ] as const) {
      const [together, before] = [await weigh(names, 'ours'), await apart(names, 'plain')]
      console.info(`${names.length} real: ${together} of ${before} bytes, ${(together / before).toFixed(3)}`)
      expect(together / before).toBeLessThanOrEqual(limit)
      expect(together / (await apart(names, 'ours'))).toBeLessThanOrEqual(limit)
    }
  })
})
