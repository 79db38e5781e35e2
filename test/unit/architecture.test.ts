import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const src = fileURLToPath(new URL('../../src/', import.meta.url))
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
const textOf = (file: string) => readFileSync(path.join(src, file), 'utf8')

const ENTRIES = ['vite', 'rollup', 'rolldown', 'webpack', 'rspack', 'esbuild', 'farm'].map(
  (name) => `${name}.ts`,
)

/** Which room a file belongs to. */
function roomOf(file: string): string {
  if (file.includes('/')) return file.slice(0, file.indexOf('/'))
  return ENTRIES.includes(file) ? 'entries' : file.replace(/\.ts$/, '')
}

/** Whom each room may import, besides itself. Nothing points upward, and nobody imports an entry. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  errors: [],
  format: ['errors'],
  trust: ['errors', 'format'],
  policy: ['errors', 'format', 'trust'],
  report: ['errors', 'format', 'trust', 'policy'],
  disk: ['errors', 'format', 'trust', 'policy'],
  runtime: ['errors', 'format', 'trust'],
  bindings: ['errors', 'format', 'trust', 'policy', 'disk'],
  plugin: ['errors', 'format', 'trust', 'policy', 'report', 'disk', 'bindings'],
  cli: ['errors', 'format', 'trust', 'policy', 'report', 'disk', 'bindings'],
  api: ['errors', 'format', 'trust', 'policy'],
  load: ['errors', 'format', 'trust', 'policy', 'runtime'],
  index: ['plugin'],
  node: ['plugin'],
  bun: ['plugin'],
  next: ['index', 'plugin'],
  nuxt: ['plugin'],
  entries: ['plugin'],
}

/** Arrows for types only: generated code calls the runtime, and the compiler checks the names. */
const MAY_IMPORT_TYPES: Record<string, readonly string[]> = { bindings: ['runtime'] }

/** The packages each room may name. */
const MAY_NAME: Record<string, readonly RegExp[]> = {
  trust: [/^@noble\//],
  disk: [/^node:/, /^picomatch$/, /^@sigstore\/(?:bundle|core|protobuf-specs|verify)$/],
  bindings: [/^node:/, /^magic-string$/, /^@bytecodealliance\/jco-transpile/],
  plugin: [
    /^node:/,
    /^unplugin(?:\/(?:webpack|rspack)\/loaders\/load)?$/,
    /^magic-string$/,
    /^(?:vite|rollup|rolldown|webpack|esbuild|@rspack\/core|@farmfe\/core)$/,
  ],
  index: [/^unplugin$/],
  nuxt: [/^unplugin$/],
  entries: [/^unplugin$/],
  cli: [/^node:/],
}

interface Import {
  specifier: string
  isType: boolean
  isDynamic: boolean
}

function importsOf(text: string): Import[] {
  const statics = [
    ...text.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm),
  ]
  const dynamics = [...text.matchAll(/(?<!typeof )\bimport\('([^']+)'\)/g)]
  const types = [...text.matchAll(/\btypeof import\('([^']+)'\)/g)]
  return [
    ...types.map((match) => ({ specifier: match[1]!, isType: true, isDynamic: false })),
    ...statics.map((match) => ({
      specifier: (match[2] ?? match[3])!,
      isType: match[1] !== undefined,
      isDynamic: false,
    })),
    ...dynamics.map((match) => ({ specifier: match[1]!, isType: false, isDynamic: true })),
  ]
}

const targetOf = (file: string, specifier: string) =>
  path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts')

/** Doors that hand out what others make, and tables of what can be loaded: many lines of imports are their purpose. */
const MANY_IMPORTS: Record<string, true> = { 'api.ts': true, 'cli/commands.ts': true }

/** Files of more than 250 lines, whose first comment says why. */
const LONG: Record<string, true> = { 'errors/catalogue.ts': true }

/** The first circle of imports that is found, from a file to itself. */
function findCycle(): string[] | undefined {
  const done = new Set<string>()
  const visit = (file: string, above: readonly string[]): string[] | undefined => {
    if (above.includes(file)) return [...above.slice(above.indexOf(file)), file]
    if (done.has(file)) return undefined
    const targets = importsOf(textOf(file)).flatMap(({ specifier }) =>
      specifier.startsWith('.') ? [targetOf(file, specifier)] : [],
    )
    for (const target of targets) {
      const cycle = visit(target, [...above, file])
      if (cycle !== undefined) return cycle
    }
    done.add(file)
    return undefined
  }
  for (const file of files) {
    const cycle = visit(file, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')

const PURE =
  /^(?:(?:errors|format|trust|policy|report|runtime|bindings\/module|bindings\/types)\/|(?:api|load)\.ts$)/
const isPure = (file: string) => PURE.test(file)

describe('the house', () => {
  it('has sources to look at', () => {
    expect(files.length).toBeGreaterThan(25)
    expect(importsOf(textOf('trust/verify.ts')).length).toBeGreaterThan(4)
  })

  it.each(files)('%s imports only what its room may', (file) => {
    const room = roomOf(file)
    for (const { specifier, isType } of importsOf(textOf(file))) {
      if (specifier.startsWith('.')) {
        const target = targetOf(file, specifier)
        const allowed = [room, ...MAY_IMPORT[room]!, ...((isType && MAY_IMPORT_TYPES[room]) || [])]
        expect(allowed, `${file} imports ${specifier}`).toContain(roomOf(target))
        expect(files, `${file} imports ${specifier}`).toContain(target)
      } else {
        expect(
          MAY_NAME[room]?.some((allowed) => allowed.test(specifier)) ?? false,
          `${file} imports ${specifier}`,
        ).toBe(true)
      }
    }
  })

  it('has no import cycle, types included', () => {
    expect(findCycle()).toBeUndefined()
  })

  it.each(files)('%s is small enough to be read at once', (file) => {
    const text = textOf(file)
    const ours = new Set(
      importsOf(text).flatMap(({ specifier }) => (specifier.startsWith('.') ? [specifier] : [])),
    )
    if (!(file in MANY_IMPORTS)) expect(ours.size).toBeLessThanOrEqual(12)
    if (!(file in LONG)) expect(text.split('\n').length - 1).toBeLessThanOrEqual(250)
  })

  it.each(files.filter(isPure))('%s is pure', (file) => {
    const code = withoutComments(textOf(file)).replace(/'[^'\n]*'|`[^`]*`/g, '')
    expect(textOf(file)).not.toMatch(/reference types="node"|from 'node:/)
    expect(code).not.toMatch(/\bconsole\b|\bnew Date\b|\bDate\.now\b|\bperformance\b|\bsetTimeout\b/)
    // The places where a platform is looked for without being needed.
    if (!['trust/crypto/node.ts', 'trust/crypto/webcrypto.ts', 'runtime/get.ts'].includes(file))
      expect(code).not.toMatch(/\bprocess\b|\bBuffer\b/)
  })

  it('has commands that know nothing of each other, and a bin that loads nothing before it runs', () => {
    const commands = files.filter((file) => file.startsWith('cli/commands/'))
    expect(commands.length).toBeGreaterThan(5)
    for (const file of commands) {
      const targets = importsOf(textOf(file)).map(({ specifier }) => targetOf(file, specifier))
      expect(targets.filter((target) => commands.includes(target))).toEqual([])
    }
    const early = importsOf(textOf('cli/main.ts')).filter(({ isType, isDynamic }) => !isType && !isDynamic)
    expect(early).toEqual([])
  })

  it('names a crypto backend in one folder', () => {
    const named = files.filter((file) =>
      /@noble\/|node:crypto|crypto\??\.subtle/.test(withoutComments(textOf(file))),
    )
    expect(named.toSorted()).toEqual([
      // SHA-256 of a file whose digest is known; no verdict is made from it.
      'runtime/get.ts',
      'trust/crypto/noble.ts',
      'trust/crypto/node.ts',
      'trust/crypto/rule.ts',
      'trust/crypto/webcrypto.ts',
    ])
  })

  it('reaches jco through one script only, which nobody imports, so that verifying never loads it', () => {
    const loading = files.flatMap((file) =>
      importsOf(textOf(file))
        .filter(({ specifier, isType }) => specifier.startsWith('@bytecodealliance/') && !isType)
        .map(({ isDynamic }) => ({ file, isDynamic })),
    )
    expect(loading).toEqual([{ file: 'bindings/jco/worker.ts', isDynamic: false }])
    const specifiers = files.flatMap((file) => importsOf(textOf(file)).map(({ specifier }) => specifier))
    expect(specifiers.filter((specifier) => /\/(?:worker|child)\.js$/.test(specifier))).toEqual([])
  })

  it('has no barrel files', () => {
    const barrels = files.filter((file) => file.endsWith('/index.ts'))
    expect(barrels).toEqual([])
  })

  it('has no network import anywhere', () => {
    const reaching = files.filter((file) =>
      importsOf(textOf(file)).some(
        ({ specifier, isType }) =>
          !isType && /^(?:node:)?(?:https?|net|tls|dgram|http2|dns)$/.test(specifier),
      ),
    )
    expect(reaching).toEqual([])
  })
})

describe('api', () => {
  it('signs and verifies in a realm that has nothing but ECMAScript', async () => {
    const { outputFiles } = await build({
      stdin: {
        resolveDir: src,
        loader: 'ts',
        contents: `
          import { explain, formatPublicKey, parsePublicKeys, parseSecretKey, sign, verify, verifySync } from './api.js'
          const bytes = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00, 0x00, 0x02, 0x01, 0x78)
          const key = parseSecretKey(JSON.stringify({ kty: 'OKP', crv: 'Ed25519',
            d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }), 'rfc')
          const keys = parsePublicKeys(formatPublicKey(key, 'pem'), 'rfc')
          const signed = sign(bytes, key).bytes
          const tampered = Uint8Array.from(signed, (byte, index) => index === signed.length - 1 ? 0x79 : byte)
          globalThis.done = verify(signed, keys).then((verdict) => [
            verdict.status, verifySync(tampered, keys).status, explain(verifySync(bytes, keys), 'x.wasm', keys).code,
          ])`,
      },
      bundle: true,
      format: 'iife',
      target: 'es2022',
      write: false,
    })
    const context = createContext({})
    runInContext(outputFiles[0]!.text, context)
    const answer = (await runInContext('done', context)) as string[]
    expect([...answer]).toEqual(['verified', 'modified', 'COMPONENT_UNSIGNED'])
  })
})
