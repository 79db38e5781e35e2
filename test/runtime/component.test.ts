import { createServer, type Server } from 'node:http'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { contentStart as officialContentStart } from '../../src/format/wasm.js'
import { encodeSignatureSection, encodeSection, PREAMBLES } from '../../src/format/wasm.js'
import { concatBytes } from '../../src/format/bytes.js'
import {
  compile,
  component,
  type ComponentParts,
  contentStart,
  decodeBase64,
  readComponent,
} from '../../src/runtime/component.js'

const CORE = PREAMBLES['core module']
const FILE = concatBytes(
  PREAMBLES.component,
  encodeSignatureSection(new Uint8Array(300)),
  encodeSection(1, CORE),
  encodeSection(1, CORE),
)
const BASE64 = Buffer.from(CORE).toString('base64')

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const SLICES = [
  ['a.core.wasm', 2, 8],
  ['a.core2.wasm', 12, 8],
] as const

const load = () => compile(FILE.subarray(officialContentStart(FILE)), SLICES, [['a.core3.wasm', CORE]])

/** Parts whose `instantiate` hands back what it was given. */
const parts = (changes: Partial<ComponentParts> = {}): ComponentParts => ({
  instantiate: (getCoreModule, imports, instantiateCore) => ({ getCoreModule, imports, instantiateCore }),
  load,
  imports: () => [],
  ...changes,
})

type Handed = {
  getCoreModule: (name: string) => WebAssembly.Module
  imports: Record<string, unknown>
  instantiateCore: unknown
}
const instantiated = async (
  changes: Partial<ComponentParts>,
  ...args: Parameters<ReturnType<typeof component>>
) => (await component(parts(changes))(...args)) as unknown as Handed

describe('instances', () => {
  test('compiles core modules out of the bytes, and those that stand in the code', async () => {
    const { getCoreModule } = await instantiated({})
    for (const name of ['a.core.wasm', 'a.core2.wasm', 'a.core3.wasm']) {
      expect(getCoreModule(name)).toBeInstanceOf(WebAssembly.Module)
    }
  })

  test('loads once for several instances', async () => {
    const once = vi.fn(load)
    const compiled = vi.spyOn(WebAssembly, 'compile')
    const instantiate = component(parts({ load: once }))
    const instances = (await Promise.all([
      instantiate(),
      instantiate(),
      instantiate(),
    ])) as unknown as Handed[]
    expect(once).toHaveBeenCalledTimes(1)
    expect(compiled).toHaveBeenCalledTimes(3)
    expect(new Set(instances).size).toBe(3)
    expect(new Set(instances.map(({ getCoreModule }) => getCoreModule('a.core.wasm'))).size).toBe(1)
  })

  test('tries again after the file could not be had, and after it could not be compiled', async () => {
    const again = vi
      .fn(load)
      .mockRejectedValueOnce(new Error('offline'))
      .mockImplementationOnce(() => compile(Uint8Array.of(0xff), [['a.core.wasm', 0, 1]]))
    const instantiate = component(parts({ load: again }))
    await expect(instantiate()).rejects.toThrow('offline')
    await expect(instantiate()).rejects.toThrow(WebAssembly.CompileError)
    await expect(instantiate()).resolves.toBeDefined()
    expect(again).toHaveBeenCalledTimes(3)
  })

  test('passes on another way to make core instances', async () => {
    const instantiateCore = () => ({}) as WebAssembly.Instance
    expect((await instantiated({}, {}, { instantiateCore })).instantiateCore).toBe(instantiateCore)
    expect((await instantiated({})).instantiateCore).toBeUndefined()
  })

  test('refuses a file that ends before a core module does', async () => {
    await expect(compile(CORE, [['a.core.wasm', 0, 9]])).rejects.toMatchObject({
      code: 'COMPONENT_UNREADABLE',
    })
  })
})

describe('imports', () => {
  const log = { write: () => {} }
  const sink = { write: () => {} }

  test('binds configured hosts by import name', async () => {
    const { imports } = await instantiated({ imports: () => [['docs:log/sink@1.0.0', log]] })
    expect(imports).toEqual({ 'docs:log/sink@1.0.0': log })
  })

  test.each(['docs:log/sink@1.0.0', 'docs:log/sink'])('prefers a host given under %s', async (name) => {
    const { imports } = await instantiated(
      { imports: () => [['docs:log/sink@1.0.0', log]] },
      { [name]: sink },
    )
    expect(imports['docs:log/sink@1.0.0']).toBe(sink)
  })

  test('prefers the host for a version over the one for all', async () => {
    const { imports } = await instantiated(
      { imports: () => [['a:b/c@1.0.0'], ['a:b/c@2.0.0']] },
      { 'a:b/c': log, 'a:b/c@2.0.0': sink },
    )
    expect(imports).toEqual({ 'a:b/c@1.0.0': log, 'a:b/c@2.0.0': sink })
  })

  test('names all imports that nobody provides', async () => {
    const names = () => [['log'], ['docs:log/sink@1.0.0'], ['fine', log]] as const
    const attempt = instantiated({ imports: names })
    await expect(attempt).rejects.toMatchObject({ code: 'IMPORTS_MISSING' })
    await expect(attempt).rejects.toThrow(
      'this component imports log, docs:log/sink@1.0.0, which nobody provides',
    )
  })

  test.each(['constructor', '__proto__', 'toString'])('does not take %s from a prototype', async (name) => {
    await expect(instantiated({ imports: () => [[name]] }, {})).rejects.toMatchObject({
      code: 'IMPORTS_MISSING',
    })
    const { imports } = await instantiated({ imports: () => [[name, log]] })
    expect(Object.entries(imports)).toEqual([[name, log]])
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
  })
})

describe('where the signed content starts', () => {
  test.each([
    ['behind a signature section', FILE],
    [
      'behind one whose size takes one byte',
      concatBytes(PREAMBLES.component, encodeSignatureSection(new Uint8Array(4)), encodeSection(1, CORE)),
    ],
    [
      'behind one and nothing else',
      concatBytes(PREAMBLES.component, encodeSignatureSection(new Uint8Array(4))),
    ],
    ['after the preamble of an unsigned file', concatBytes(PREAMBLES.component, encodeSection(1, CORE))],
    [
      'before another custom section',
      concatBytes(PREAMBLES.component, encodeSection(0, Uint8Array.from([9, ...Buffer.from('signaturf')]))),
    ],
    [
      'before a name that only begins like it',
      concatBytes(PREAMBLES.component, encodeSection(0, Uint8Array.from([10, ...Buffer.from('signature_')]))),
    ],
    ['in an empty component', PREAMBLES.component],
  ])('is %s, as format/wasm.ts says', (_, file) => {
    expect(contentStart(file)).toBe(officialContentStart(file))
  })

  test.each([
    ['a web page', new TextEncoder().encode('<!doctype html><title>Not found</title>')],
    ['a core module', CORE],
    ['nothing', new Uint8Array()],
  ])('refuses %s', (_, bytes) => {
    expect(() => contentStart(bytes)).toThrow('what was loaded is not a WebAssembly component')
  })
})

describe('the bytes behind a URL', () => {
  let server: Server
  let origin: string

  beforeAll(async () => {
    server = createServer((request, response) => {
      response.statusCode = request.url === '/there.wasm' ? 200 : 404
      response.end(FILE)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  })
  afterAll(() => server.close())

  test('are read from the disk in Node', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'signed wasm ')), 'größe.wasm')
    writeFileSync(file, FILE)
    for (const url of [pathToFileURL(file), pathToFileURL(file).href]) {
      expect(new Uint8Array(await readComponent(url))).toEqual(FILE)
    }
  })

  test('are fetched where there is no file system', async () => {
    vi.stubGlobal('process', undefined)
    expect(await readComponent(new URL(`${origin}/there.wasm`))).toEqual(FILE)
    expect(await readComponent(`${origin}/there.wasm`)).toEqual(FILE)
  })

  test('are not taken from an answer that is an error', async () => {
    await expect(readComponent(`${origin}/gone.wasm`)).rejects.toMatchObject({
      code: 'COMPONENT_UNREADABLE',
      message: `[signed-wasm] COMPONENT_UNREADABLE: ${origin}/gone.wasm answered 404`,
    })
  })
})

test('decodes base64 with and without native help', () => {
  expect(decodeBase64(BASE64)).toEqual(CORE)
  const native = vi.fn(() => Uint8Array.of(1))
  const own = Uint8Array as { fromBase64?: unknown }
  const before = own.fromBase64
  own.fromBase64 = native
  try {
    expect(decodeBase64(BASE64)).toEqual(Uint8Array.of(1))
    own.fromBase64 = undefined
    expect(decodeBase64(BASE64)).toEqual(CORE)
  } finally {
    if (before === undefined) delete own.fromBase64
    else own.fromBase64 = before
  }
})
