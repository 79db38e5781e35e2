import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const src = fileURLToPath(new URL('../src/', import.meta.url))
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
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
  problem: ['errors'],
  errors: ['problem'],
  format: ['errors', 'problem'],
  trust: ['errors', 'problem', 'format'],
  report: ['errors', 'format', 'trust'],
  api: ['errors', 'format', 'trust', 'report'],
  runtime: ['errors', 'problem', 'format', 'trust'],
  build: ['errors', 'format', 'trust', 'report'],
  index: ['build', 'trust', 'errors'],
  entries: ['index', 'build'],
  cli: ['build', 'errors', 'format', 'trust', 'report'],
}

/** The packages each room may name. */
const MAY_NAME: Record<string, readonly RegExp[]> = {
  trust: [/^@noble\//],
  build: [
    /^node:/,
    /^picomatch$/,
    /^magic-string$/,
    /^unplugin$/,
    /^@bytecodealliance\/jco-transpile/,
    /^(?:vite|rollup|rolldown|webpack|esbuild|@rspack\/core|@farmfe\/core)$/,
  ],
  index: [/^unplugin$/, /^node:/],
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
  const dynamics = [...text.matchAll(/\bimport\('([^']+)'\)/g)]
  return [
    ...statics.map((match) => ({
      specifier: (match[2] ?? match[3])!,
      isType: match[1] !== undefined,
      isDynamic: false,
    })),
    ...dynamics.map((match) => ({ specifier: match[1]!, isType: false, isDynamic: true })),
  ]
}

const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')

const isPure = (file: string) =>
  ['format', 'trust', 'errors', 'report', 'api', 'runtime'].includes(roomOf(file)) ||
  ['build/codegen.ts', 'build/types.ts'].includes(file)

describe('the house', () => {
  it('has sources to look at', () => {
    expect(files.length).toBeGreaterThan(25)
    expect(importsOf(textOf('trust/verify.ts')).length).toBeGreaterThan(4)
  })

  it.each(files)('%s imports only what its room may', (file) => {
    for (const { specifier } of importsOf(textOf(file))) {
      const room = roomOf(file)
      if (specifier.startsWith('.')) {
        const target = path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts')
        expect([room, ...MAY_IMPORT[room]!], `${file} imports ${specifier}`).toContain(roomOf(target))
        expect(files, `${file} imports ${specifier}`).toContain(target)
      } else {
        expect(
          MAY_NAME[room]?.some((allowed) => allowed.test(specifier)) ?? false,
          `${file} imports ${specifier}`,
        ).toBe(true)
      }
    }
  })

  it.each(files.filter(isPure))('%s is pure', (file) => {
    const code = withoutComments(textOf(file)).replace(/'[^'\n]*'|`[^`]*`/g, '')
    expect(textOf(file)).not.toMatch(/reference types="node"|from 'node:/)
    expect(code).not.toMatch(/\bconsole\b|\bnew Date\b|\bDate\.now\b|\bperformance\b|\bsetTimeout\b/)
    // The places where a platform is looked for without being needed.
    if (!['trust/native.ts', 'trust/webcrypto.ts', 'runtime/component.ts'].includes(file))
      expect(code).not.toMatch(/\bprocess\b|\bBuffer\b/)
  })

  it('names a crypto backend in three files', () => {
    const named = files.filter((file) =>
      /@noble\/|node:crypto|crypto\??\.subtle/.test(withoutComments(textOf(file))),
    )
    expect(named.toSorted()).toEqual([
      // SHA-256 of a file whose digest is known; no verdict is made from it.
      'runtime/component.ts',
      'trust/ed25519.ts',
      'trust/native.ts',
      'trust/webcrypto.ts',
    ])
  })

  it('reaches jco through one dynamic import only, so that verifying never loads it', () => {
    const loading = files.flatMap((file) =>
      importsOf(textOf(file))
        .filter(({ specifier, isType }) => specifier.startsWith('@bytecodealliance/') && !isType)
        .map(({ isDynamic }) => ({ file, isDynamic })),
    )
    expect(loading).toEqual([{ file: 'build/transpile-worker.ts', isDynamic: true }])
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
