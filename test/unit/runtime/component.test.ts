import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  contentStart as officialContentStart,
  encodeSignatureSection,
  encodeSection,
  PREAMBLES,
} from '../../../src/format/wasm.js'
import { concatBytes } from '../../../src/format/encoding.js'
import { compile } from '../../../src/runtime/compile.js'
import { compileStreaming } from '../../../src/runtime/stream.js'
import { component, type ComponentParts } from '../../../src/runtime/instantiate.js'
import { compileFiles } from '../../../src/runtime/files.js'
import { contentStart, decodeBase64, readComponent, readPinned } from '../../../src/runtime/get.js'

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

const load = () =>
  compile(FILE.subarray(officialContentStart(FILE)), (file) => [
    ['a.core.wasm', file.subarray(2, 10)],
    ['a.core2.wasm', file.subarray(12, 20)],
    ['a.core3.wasm', CORE],
  ])

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
      .mockImplementationOnce(() => compile(Uint8Array.of(0xff), (file) => [['a.core.wasm', file]]))
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
    // As it is where there is no Node; the test runner itself needs the rest of it.
    vi.stubGlobal(
      'process',
      new Proxy(process, {
        get: (of, name) => (name === 'getBuiltinModule' ? undefined : (of as never)[name]),
      }),
    )
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

describe('a pinned file', () => {
  const integrityOf = (bytes: Uint8Array) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`
  const folder = mkdtempSync(path.join(tmpdir(), 'pinned '))
  const url = pathToFileURL(path.join(folder, 'x.wasm'))
  const answering = (bytes: Uint8Array | undefined) =>
    vi.fn(async () =>
      bytes === undefined ? new Response('', { status: 404 }) : new Response(Uint8Array.from(bytes)),
    )

  beforeAll(() => writeFileSync(url, FILE))

  test('is read and compared', async () => {
    expect(new Uint8Array(await readPinned(url, integrityOf(FILE)))).toEqual(FILE)
    await expect(readPinned(url, integrityOf(CORE))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: `[signed-wasm] DIGEST_MISMATCH: ${url.href} is not the built file`,
    })
  })

  test('is hashed where `fetch` ignores `integrity`, and refused where nothing can hash it', async () => {
    vi.stubGlobal('Request', Object)
    vi.stubGlobal('fetch', answering(FILE))
    const mismatch = { code: 'DIGEST_MISMATCH' }
    expect(await readPinned('http://x/y.wasm', integrityOf(FILE))).toEqual(FILE)
    await expect(readPinned('http://x/y.wasm', integrityOf(CORE))).rejects.toMatchObject(mismatch)
    vi.stubGlobal('crypto', undefined)
    await expect(readPinned('http://x/y.wasm', integrityOf(FILE))).rejects.toMatchObject(mismatch)
  })

  test('is had again after a failure of the network, and said to be missing when it is', async () => {
    vi.stubGlobal('fetch', answering(FILE).mockRejectedValueOnce(new TypeError('fetch failed')))
    expect(await readPinned('http://x/y.wasm', integrityOf(FILE))).toEqual(FILE)
    vi.stubGlobal('fetch', answering(undefined))
    await expect(readPinned('http://x/y.wasm', integrityOf(FILE))).rejects.toMatchObject({
      code: 'COMPONENT_UNREADABLE',
    })
  })
})

describe('core modules that are files of their own', () => {
  const answerWith = (type: string, status = 200) =>
    vi.stubGlobal(
      'fetch',
      async () => new Response(Uint8Array.from(CORE), { status, headers: { 'content-type': type } }),
    )

  test.each([
    ['while they arrive, where the server says what they are', 'application/wasm', 1],
    ['from their bytes, where it does not', 'application/octet-stream', 0],
  ])('are compiled %s', async (_, type, times) => {
    answerWith(type)
    const streaming = vi.spyOn(WebAssembly, 'compileStreaming')
    const compiled = await compileFiles([
      ['a', 'http://x/a.wasm'],
      ['b', new URL('http://x/b.wasm')],
    ])
    expect([...compiled.keys()]).toEqual(['a', 'b'])
    expect([...compiled.values()].every((one) => one instanceof WebAssembly.Module)).toBe(true)
    expect(streaming).toHaveBeenCalledTimes(2 * times)
  })

  test('are read from the disk in Node', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'signed-wasm-')), 'a.wasm')
    writeFileSync(file, CORE)
    expect((await compileFiles([['a', pathToFileURL(file)]])).get('a')).toBeInstanceOf(WebAssembly.Module)
  })

  test('are not taken from an answer that is an error', async () => {
    answerWith('application/wasm', 404)
    await expect(compileFiles([['a', 'http://x/a.wasm']])).rejects.toMatchObject({
      code: 'COMPONENT_UNREADABLE',
    })
  })
})

describe('a core module that is compiled while its file arrives', () => {
  /** An answer in pieces of so many bytes. */
  const inPieces = (bytes: Uint8Array, size: number) =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size))
          controller.close()
        },
      }),
    )
  const answerWith = (bytes: Uint8Array, size: number) =>
    vi.stubGlobal('fetch', async () => inPieces(bytes, size))
  const unsigned = concatBytes(
    PREAMBLES.component,
    encodeSection(1, CORE),
    encodeSection(0, new Uint8Array([1, 120, 0])),
  )

  test.each([1, 7, 31, 32, 33, 1000])('is the slice, in pieces of %i bytes', async (size) => {
    const received: Uint8Array[] = []
    const compiled = vi.spyOn(WebAssembly, 'compileStreaming').mockImplementation(async (source) => {
      received.push(new Uint8Array(await ((await source) as Response).arrayBuffer()))
      return new WebAssembly.Module(Uint8Array.from(CORE))
    })
    for (const [file, slice] of [
      [FILE, ['a', 12, 8]],
      [FILE, ['a', 2, 8]],
      [unsigned, ['a', 2, 8]],
    ] as const) {
      answerWith(file, size)
      expect([...(await compileStreaming('http://x/y.wasm', slice)).keys()]).toEqual(['a'])
      expect(received.pop()).toEqual(CORE)
    }
    expect(compiled).toHaveBeenCalledTimes(3)
  })

  test.each([1, 1000])('is compiled by the engine, or refused: pieces of %i bytes', async (size) => {
    answerWith(FILE, size)
    const modules = await compileStreaming('http://x/y.wasm', ['a', 2, 8])
    expect(modules.get('a')).toBeInstanceOf(WebAssembly.Module)
    for (const [file, code] of [
      [FILE.subarray(0, -1), 'COMPONENT_UNREADABLE'],
      [FILE.subarray(0, 20), 'COMPONENT_UNREADABLE'],
      [new Uint8Array(), 'COMPONENT_UNREADABLE'],
      [
        new TextEncoder().encode('<!doctype html><title>Not found, and some more text</title>'),
        'COMPONENT_UNREADABLE',
      ],
    ] as const) {
      answerWith(file, size)
      await expect(compileStreaming('http://x/y.wasm', ['a', 12, 8])).rejects.toMatchObject({ code })
    }
    answerWith(concatBytes(PREAMBLES.component, encodeSection(1, new Uint8Array(40))), size)
    await expect(compileStreaming('http://x/y.wasm', ['a', 2, 40])).rejects.toThrow(WebAssembly.CompileError)
  })

  test('is read from the disk in Node', async () => {
    const file = pathToFileURL(path.join(mkdtempSync(path.join(tmpdir(), 'streaming ')), 'x.wasm'))
    writeFileSync(file, FILE)
    expect((await compileStreaming(file, ['a', 12, 8])).get('a')).toBeInstanceOf(WebAssembly.Module)
    await expect(compileStreaming(file, ['a', 12, 9])).rejects.toMatchObject({ code: 'COMPONENT_UNREADABLE' })
  })
})
