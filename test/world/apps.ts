/** Apps that use packages with wasm in them, each as the manual of its package says. */

import type { InlineConfig } from 'vite'

/** One app. */
export interface App {
  name: string
  /** Exact versions. What they depend on is the newest that they allow. */
  packages: Record<string, string>
  /** A module whose default export works with the package. */
  source: string
  /** Other scripts. */
  files?: Record<string, string>
  /** Files that are copied into the app: where to, and where from in `node_modules`. */
  copies?: Record<string, string>
  /** What that function answers. */
  answer: unknown
  /** The packages that the end of a build has to name. */
  report: readonly string[]
  /** What the manual asks for in the configuration of Vite. */
  vite?: Pick<InlineConfig, 'optimizeDeps'>
  /** What it asks for in that of webpack, which builds the app as well. */
  webpack?: Record<string, unknown>
  /** Whether it is one script for Node, with all packages in it, rather than a page. */
  isServer?: true
  /** Whether it is among the few that the gate builds. */
  isQuick?: true
}

/** Packages that find a file beside their script, which lies elsewhere once it is bundled in advance. */
const asTheyAre = (...exclude: string[]) => ({ optimizeDeps: { exclude } })

/** A model of one node, `y = abs(x)` for two numbers, as ONNX writes it. */
const ONNX_MODEL = 'CAg6MgoLCgF4EgF5IgNBYnMSAWdaDwoBeBIKCggIARIECgIIAmIPCgF5EgoKCAgBEgQKAggCQgIQDQ=='

/** See the first line of this file. */
export const APPS: readonly App[] = [
  {
    name: 'sql.js',
    packages: { 'sql.js': '1.16.0' },
    source: `import initSqlJs from 'sql.js'
      import url from 'sql.js/dist/sql-wasm-browser.wasm?url'
      export default async () => {
        const SQL = await initSqlJs({ locateFile: () => url })
        return new SQL.Database().exec('select 6 * 7')[0].values[0][0]
      }`,
    answer: 42,
    report: ['sql.js'],
    webpack: { resolve: { fallback: { fs: false, path: false, crypto: false } } },
    isQuick: true,
  },
  {
    name: 'sql.js from the public folder',
    packages: { 'sql.js': '1.16.0' },
    source: `import initSqlJs from 'sql.js'
      export default async () => {
        const SQL = await initSqlJs({ locateFile: (file) => '/' + file })
        return new SQL.Database().exec('select 6 * 7')[0].values[0][0]
      }`,
    copies: { 'public/sql-wasm-browser.wasm': 'sql.js/dist/sql-wasm-browser.wasm' },
    answer: 42,
    report: ['sql.js'],
  },
  {
    name: 'SQLite',
    packages: { '@sqlite.org/sqlite-wasm': '3.41.2' },
    source: `import init from '@sqlite.org/sqlite-wasm'
      export default async () => new (await init()).oo1.DB().selectValue('select 6 * 7')`,
    answer: 42,
    report: ['@sqlite.org/sqlite-wasm'],
    vite: asTheyAre('@sqlite.org/sqlite-wasm'),
    webpack: {},
  },
  {
    name: 'wa-sqlite',
    packages: { 'wa-sqlite': '1.0.0' },
    source: `import create from 'wa-sqlite/dist/wa-sqlite.mjs'
      import { Factory } from 'wa-sqlite'
      export default async () => {
        const sqlite3 = Factory(await create())
        const rows = []
        await sqlite3.exec(await sqlite3.open_v2('test'), 'select 6 * 7', (row) => rows.push(row[0]))
        return rows
      }`,
    answer: [42],
    report: ['wa-sqlite'],
    vite: asTheyAre('wa-sqlite'),
  },
  {
    name: 'DuckDB',
    packages: { '@duckdb/duckdb-wasm': '1.32.0' },
    source: `import * as duckdb from '@duckdb/duckdb-wasm'
      import mvp from '@duckdb/duckdb-wasm/dist/duckdb-mvp.wasm?url'
      import mvpWorker from '@duckdb/duckdb-wasm/dist/duckdb-browser-mvp.worker.js?url'
      import eh from '@duckdb/duckdb-wasm/dist/duckdb-eh.wasm?url'
      import ehWorker from '@duckdb/duckdb-wasm/dist/duckdb-browser-eh.worker.js?url'
      export default async () => {
        const bundle = await duckdb.selectBundle({
          mvp: { mainModule: mvp, mainWorker: mvpWorker },
          eh: { mainModule: eh, mainWorker: ehWorker },
        })
        const database = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), new Worker(bundle.mainWorker))
        await database.instantiate(bundle.mainModule, bundle.pthreadWorker)
        const rows = await (await database.connect()).query('select 6 * 7 as answer')
        return rows.get(0).answer
      }`,
    answer: 42,
    report: ['@duckdb/duckdb-wasm'],
  },
  {
    name: 'PGlite',
    packages: { '@electric-sql/pglite': '0.5.16' },
    source: `import { PGlite } from '@electric-sql/pglite'
      export default async () => (await new PGlite().query('select 6 * 7 as answer')).rows`,
    answer: [{ answer: 42 }],
    report: ['@electric-sql/pglite'],
    vite: asTheyAre('@electric-sql/pglite'),
  },
  {
    name: 'ONNX Runtime',
    packages: { 'onnxruntime-web': '1.30.0' },
    source: `import * as ort from 'onnxruntime-web/wasm'
      export default async () => {
        ort.env.wasm.numThreads = 1
        const model = Uint8Array.from(atob('${ONNX_MODEL}'), (letter) => letter.charCodeAt(0))
        const session = await ort.InferenceSession.create(model)
        const { y } = await session.run({ x: new ort.Tensor('float32', [-6, 7], [2]) })
        return [...y.data]
      }`,
    answer: [6, 7],
    report: ['onnxruntime-web'],
    vite: asTheyAre('onnxruntime-web'),
  },
  {
    name: 'FFmpeg',
    packages: { '@ffmpeg/core': '0.12.10', '@ffmpeg/ffmpeg': '0.12.15' },
    source: `import { FFmpeg } from '@ffmpeg/ffmpeg'
      import coreURL from '@ffmpeg/core?url'
      import wasmURL from '@ffmpeg/core/wasm?url'
      export default async () => {
        const ffmpeg = new FFmpeg()
        await ffmpeg.load({ coreURL, wasmURL })
        await ffmpeg.exec(['-f', 'lavfi', '-i', 'color=red:size=4x4', '-frames:v', '1', 'red.bmp'])
        return [...(await ffmpeg.readFile('red.bmp')).slice(0, 2)]
      }`,
    answer: [66, 77],
    report: ['@ffmpeg/core'],
    vite: asTheyAre('@ffmpeg/ffmpeg', '@ffmpeg/core'),
  },
  {
    name: 'Tree-sitter',
    packages: { 'web-tree-sitter': '0.27.2', 'tree-sitter-javascript': '0.25.0' },
    source: `import { Language, Parser } from 'web-tree-sitter'
      import own from 'web-tree-sitter/web-tree-sitter.wasm?url'
      import javascript from 'tree-sitter-javascript/tree-sitter-javascript.wasm?url'
      export default async () => {
        await Parser.init({ locateFile: () => own })
        const parser = new Parser()
        parser.setLanguage(await Language.load(javascript))
        return parser.parse('a').rootNode.toString()
      }`,
    answer: '(program (expression_statement (identifier)))',
    report: ['tree-sitter-javascript', 'web-tree-sitter'],
  },
  {
    name: 'libsodium',
    packages: { 'libsodium-wrappers': '0.8.4' },
    source: `import sodium from 'libsodium-wrappers'
      export default async () => {
        await sodium.ready
        return sodium.to_hex(sodium.crypto_generichash(16, 'abc'))
      }`,
    answer: 'cf4ab791c62b8d2b2109c90275287816',
    report: ['libsodium'],
    webpack: {},
    isQuick: true,
  },
  {
    name: 'hash-wasm',
    packages: { 'hash-wasm': '4.13.0' },
    source: `import { md5 } from 'hash-wasm'
      export default () => md5('abc')`,
    answer: '900150983cd24fb0d6963f7d28e17f72',
    report: ['hash-wasm'],
    webpack: {},
    isQuick: true,
  },
  {
    name: 'hash-wasm in a worker',
    packages: { 'hash-wasm': '4.13.0' },
    source: `export default () =>
        new Promise((resolve) => {
          const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
          worker.onmessage = ({ data }) => resolve(data)
        })`,
    files: {
      'worker.js': `import { sha1 } from 'hash-wasm'
        sha1('abc').then((hash) => postMessage(hash))`,
    },
    answer: 'a9993e364706816aba3e25717850c26c9cd0d89d',
    report: ['hash-wasm'],
    webpack: {},
  },
  {
    name: 'long',
    packages: { long: '5.3.2', protobufjs: '8.8.1' },
    source: `import Long from 'long'
      import protobuf from 'protobufjs'
      export default () => {
        protobuf.util.Long = Long
        protobuf.configure()
        const { Big } = protobuf.parse('syntax = "proto3"; message Big { int64 n = 1; }').root
        const { n } = Big.decode(Big.encode({ n: Long.fromString('-9007199254740993') }).finish())
        return n.div(3).toString()
      }`,
    answer: '-3002399751580331',
    report: ['long'],
    webpack: {},
  },
  {
    name: 'Shiki',
    packages: { shiki: '4.6.0' },
    source: `import { createHighlighterCore } from 'shiki/core'
      import { createOnigurumaEngine } from 'shiki/engine/oniguruma'
      export default async () => {
        const highlighter = await createHighlighterCore({
          themes: [import('shiki/themes/nord.mjs')],
          langs: [import('shiki/langs/json.mjs')],
          engine: createOnigurumaEngine(import('shiki/wasm')),
        })
        return highlighter.codeToTokensBase('{}', { lang: 'json', theme: 'nord' })[0].length
      }`,
    answer: 1,
    report: ['@shikijs/engine-oniguruma'],
    webpack: {},
  },
  {
    name: 'resvg',
    packages: { '@resvg/resvg-wasm': '2.6.2' },
    source: `import { initWasm, Resvg } from '@resvg/resvg-wasm'
      export default async () => {
        await initWasm(fetch(new URL('@resvg/resvg-wasm/index_bg.wasm', import.meta.url)))
        const { width, height } = new Resvg('<svg xmlns="http://www.w3.org/2000/svg" width="6" height="7"/>').render()
        return [width, height]
      }`,
    answer: [6, 7],
    report: ['@resvg/resvg-wasm'],
    webpack: {},
  },
  {
    name: 'jSquash',
    packages: { '@jsquash/webp': '1.5.0' },
    source: `import { decode, encode } from '@jsquash/webp'
      export default async () => {
        const { width, height } = await decode(await encode(new ImageData(6, 7)))
        return [width, height]
      }`,
    answer: [6, 7],
    report: ['@jsquash/webp'],
    vite: asTheyAre('@jsquash/webp'),
  },
  {
    name: 'Brotli',
    packages: { 'brotli-wasm': '3.0.1' },
    source: `import brotliPromise from 'brotli-wasm'
      export default async () => {
        const brotli = await brotliPromise
        const bytes = brotli.decompress(brotli.compress(new TextEncoder().encode('hello')))
        return new TextDecoder().decode(bytes)
      }`,
    answer: 'hello',
    report: ['brotli-wasm'],
    vite: asTheyAre('brotli-wasm'),
    webpack: {},
  },
  {
    name: 'zstd',
    packages: { '@bokuweb/zstd-wasm': '0.0.27' },
    source: `import { compress, decompress, init } from '@bokuweb/zstd-wasm'
      export default async () => {
        await init()
        return new TextDecoder().decode(decompress(compress(new TextEncoder().encode('hello'))))
      }`,
    answer: 'hello',
    report: ['@bokuweb/zstd-wasm'],
    vite: asTheyAre('@bokuweb/zstd-wasm'),
  },
  {
    name: 'Argon2',
    packages: { argon2id: '1.0.1' },
    source: `import setup from 'argon2id/lib/setup.js'
      import simd from 'argon2id/dist/simd.wasm?url'
      import plain from 'argon2id/dist/no-simd.wasm?url'
      const load = (url) => (imports) => WebAssembly.instantiateStreaming(fetch(url), imports)
      export default async () => {
        const argon2id = await setup(load(simd), load(plain))
        const about = { parallelism: 1, passes: 1, memorySize: 64, tagLength: 8 }
        return [...argon2id({ password: new Uint8Array(8), salt: new Uint8Array(16), ...about })]
      }`,
    answer: [141, 244, 57, 73, 64, 133, 135, 91],
    report: ['argon2id'],
  },
  {
    name: 'Open Cascade',
    packages: { 'occt-import-js': '0.0.23' },
    source: `import create from 'occt-import-js'
      import url from 'occt-import-js/dist/occt-import-js.wasm?url'
      export default async () => (await create({ locateFile: () => url })).ReadStepFile(new Uint8Array(8), null).success`,
    answer: false,
    report: ['occt-import-js'],
  },
  {
    name: 'Manifold',
    packages: { 'manifold-3d': '3.5.4' },
    source: `import create from 'manifold-3d'
      import url from 'manifold-3d/manifold.wasm?url'
      export default async () => {
        const module = await create({ locateFile: () => url })
        module.setup()
        return module.Manifold.cube([1, 6, 7]).volume()
      }`,
    answer: 42,
    report: ['manifold-3d'],
  },
  {
    name: 'tiktoken',
    packages: { tiktoken: '1.0.22' },
    source: `import { init, Tiktoken } from 'tiktoken/lite/init'
      import model from 'tiktoken/encoders/cl100k_base.json'
      import url from 'tiktoken/lite/tiktoken_bg.wasm?url'
      export default async () => {
        await init((imports) => WebAssembly.instantiateStreaming(fetch(url), imports))
        return [...new Tiktoken(model.bpe_ranks, model.special_tokens, model.pat_str).encode('hello world')]
      }`,
    answer: [15339, 1917],
    report: ['tiktoken'],
  },
  {
    name: 'esbuild',
    packages: { 'esbuild-wasm': '0.28.2' },
    source: `import * as esbuild from 'esbuild-wasm'
      import wasmURL from 'esbuild-wasm/esbuild.wasm?url'
      export default async () => {
        await esbuild.initialize({ wasmURL })
        return (await esbuild.transform('let a: number = 6 * 7', { loader: 'ts' })).code
      }`,
    answer: 'let a = 6 * 7;\n',
    report: ['esbuild-wasm'],
  },
  {
    name: 'SWC',
    packages: { '@swc/wasm-web': '1.16.18' },
    source: `import init, { transformSync } from '@swc/wasm-web'
      export default async () => {
        await init()
        return transformSync('let a: number = 1', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }).code
      }`,
    answer: 'let a = 1;\n',
    report: ['@swc/wasm-web'],
    vite: asTheyAre('@swc/wasm-web'),
  },
  {
    name: 'Rollup',
    packages: { '@rollup/browser': '4.64.10' },
    source: `import { rollup } from '@rollup/browser'
      export default async () => {
        const plugin = { name: 'x', resolveId: (id) => id, load: () => 'export default 6 * 7' }
        const bundle = await rollup({ input: 'main.js', plugins: [plugin] })
        return (await bundle.generate({ format: 'es' })).output[0].exports
      }`,
    answer: ['default'],
    report: ['@rollup/browser'],
    vite: asTheyAre('@rollup/browser'),
  },
  {
    name: 'Yoga',
    packages: { 'yoga-layout': '3.2.1' },
    source: `import Yoga from 'yoga-layout'
      export default () => {
        const node = Yoga.Node.create()
        node.setWidth(42)
        node.calculateLayout()
        return node.getComputedWidth()
      }`,
    answer: 42,
    report: ['yoga-layout'],
    webpack: {},
  },
  {
    name: 'HarfBuzz',
    packages: { harfbuzzjs: '1.6.4' },
    source: `import * as hb from 'harfbuzzjs'
      export default () => {
        const buffer = new hb.Buffer()
        buffer.addText('abc')
        return buffer.getGlyphInfos().map(({ codepoint }) => codepoint)
      }`,
    answer: [97, 98, 99],
    report: ['harfbuzzjs'],
    vite: asTheyAre('harfbuzzjs'),
  },
  {
    name: 'Jieba',
    packages: { 'jieba-wasm': '2.4.0' },
    source: `import init, { cut } from 'jieba-wasm'
      export default async () => {
        await init()
        return cut('中华人民共和国武汉市长江大桥', true)
      }`,
    answer: ['中华人民共和国', '武汉市', '长江大桥'],
    report: ['jieba-wasm'],
    vite: asTheyAre('jieba-wasm'),
  },
  {
    name: 'QuickJS',
    packages: { 'quickjs-emscripten': '0.32.0' },
    source: `import { getQuickJS } from 'quickjs-emscripten'
      export default async () => (await getQuickJS()).evalCode('6 * 7')`,
    answer: 42,
    // Which of them is loaded is known at run time only.
    report: ['debug-asyncify', 'debug-sync', 'release-asyncify', 'release-sync'].map(
      (variant) => `@jitl/quickjs-wasmfile-${variant}`,
    ),
  },
  {
    name: 'Automerge',
    packages: { '@automerge/automerge': '3.5.0' },
    source: `import * as Automerge from '@automerge/automerge/slim'
      import url from '@automerge/automerge/automerge.wasm?url'
      export default async () => {
        await Automerge.initializeWasm(url)
        return Automerge.change(Automerge.from({ n: 6 }), (document) => void (document.n *= 7)).n
      }`,
    answer: 42,
    report: ['@automerge/automerge'],
  },
  {
    name: 'Loro',
    packages: { 'loro-crdt': '1.17.1' },
    source: `import { LoroDoc } from 'loro-crdt/base64'
      export default () => {
        const list = new LoroDoc().getList('list')
        list.insert(0, 42)
        return list.toArray()
      }`,
    answer: [42],
    report: ['loro-crdt'],
  },
  {
    name: 'Rapier',
    packages: { '@dimforge/rapier3d-compat': '0.21.0' },
    source: `import RAPIER from '@dimforge/rapier3d-compat'
      export default async () => {
        await RAPIER.init()
        return new RAPIER.World({ x: 0, y: -10, z: 0 }).gravity.y
      }`,
    answer: -10,
    report: ['@dimforge/rapier3d-compat'],
    webpack: {},
  },
  {
    name: 'undici',
    packages: { undici: '7.30.2' },
    source: `import { createServer } from 'node:http'
      import { request } from 'undici'
      export default async () => {
        const server = createServer((_, response) => response.end('hello'))
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
        const { body } = await request('http://127.0.0.1:' + server.address().port)
        return body.text()
      }`,
    answer: 'hello',
    report: ['undici'],
    isServer: true,
    isQuick: true,
  },
  {
    name: 'wasm-feature-detect',
    packages: { 'wasm-feature-detect': '1.9.0' },
    source: `import { simd } from 'wasm-feature-detect'
      export default simd`,
    answer: true,
    // Nothing in it can run.
    report: [],
  },
]
