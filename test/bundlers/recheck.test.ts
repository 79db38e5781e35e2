/** Files that are changed between build and use, with every bundler and every way to check them again. */

import { cpSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Options } from '../../src/index.js'
import { formatPublicKey } from '../../src/trust/keys/write.js'
import { generateKey } from '../../src/trust/keys/trusted-key.js'
import { sign } from '../../src/trust/sign.js'
import { build, type BuildRequest, BUNDLERS, type BundlerName, entryIn } from '../kit/bundlers.js'
import { fixture, inState, makeProject, type Project, TRUSTED_PEM } from '../kit/project.js'
import { HAS_BROWSER, type Outcome, runInBrowser, runInNode } from '../kit/run.js'
import { bytes, custom } from '../kit/sections.js'
import { constantComponent } from '../kit/wat.js'

type Recheck = NonNullable<Options['recheck']>

const MODES: readonly Recheck[] = ['off', 'digest', 'signature']
const TARGETS = HAS_BROWSER ? (['node', 'browser'] as const) : (['node'] as const)
const SECOND = generateKey()
const KEYS = [TRUSTED_PEM, formatPublicKey(SECOND, 'pem')]

const component = await constantComponent(7)
const signed = inState(component, 'signed')
const [old, other] = [await constantComponent(6), fixture('hello')].map((file) => inState(file, 'signed'))

/** The number 7 in the code of the core module, as 6. */
function edit(file: Uint8Array): Uint8Array {
  const at = Buffer.from(file).indexOf(Uint8Array.of(0x41, 7, 0x0b))
  return file.with(at + 1, 6)
}

/** What a visitor gets in the place of the built file, and what comes of it: an answer or a code. */
interface Change {
  name: string
  file: Uint8Array
  outcome: Record<Recheck, number | string>
}

const refused = (signature: string) => ({ digest: 'DIGEST_MISMATCH', signature })

const CHANGES: readonly Change[] = [
  { name: 'untouched', file: signed, outcome: { off: 7, digest: 7, signature: 7 } },
  {
    name: 'signed by another trusted key',
    file: sign(component, SECOND).bytes,
    outcome: { off: 7, ...refused(''), signature: 7 },
  },
  {
    name: 'signed by another trusted key, with a section more',
    file: sign(bytes(component, custom('more', [1])), SECOND).bytes,
    outcome: { off: 7, ...refused(''), signature: 7 },
  },
  { name: 'one byte flipped', file: edit(signed), outcome: { off: 6, ...refused('CONTENT_MODIFIED') } },
  { name: 'truncated', file: signed.subarray(0, -5), outcome: { off: 7, ...refused('WASM_MALFORMED') } },
  {
    name: 'a section appended',
    file: bytes(signed, custom('more', [1])),
    outcome: { off: 7, ...refused('CONTENT_MODIFIED') },
  },
  { name: 'a byte appended', file: bytes(signed, 0), outcome: { off: 7, ...refused('WASM_MALFORMED') } },
  { name: 'an old signed version', file: old!, outcome: { off: 6, ...refused('DIGEST_MISMATCH') } },
  {
    name: 'another signed component',
    file: other!,
    outcome: { off: 'CompileError', ...refused('DIGEST_MISMATCH') },
  },
  {
    name: 'signed by somebody else',
    file: sign(component, generateKey()).bytes,
    outcome: { off: 7, ...refused('SIGNER_UNTRUSTED') },
  },
  { name: 'unsigned', file: component, outcome: { off: 7, ...refused('COMPONENT_UNSIGNED') } },
  {
    name: 'a web page',
    file: bytes('<!doctype html><title>Not here</title><p>Try again later.'),
    outcome: { off: 'COMPONENT_UNREADABLE', ...refused('WASM_MALFORMED') },
  },
]

/** Takes Ed25519 away, as in older browsers, or WebCrypto as a whole, as on pages without TLS. */
const WITHOUT = {
  Ed25519: `SubtleCrypto.prototype.importKey = () => (globalThis.missed = true, Promise.reject(new DOMException('no', 'NotSupportedError')))`,
  WebCrypto: `Object.defineProperty(Crypto.prototype, 'subtle', { get: () => void (globalThis.missed = true) })`,
}

/** Makes the page answer whether that was missed. */
const TELL = `globalThis.tell = () => (globalThis.missed ? 'missed' : 'not missed')`

const MAIN = `import { answer } from './x.wasm'\nglobalThis.answers = globalThis.tell?.() ?? answer()`

/** The answer, or the code of what was thrown. */
const inShort = (outcome: Outcome) =>
  'answers' in outcome
    ? outcome.answers
    : (/\[signed-wasm\] (\w+)|(CompileError)/.exec(outcome.error)?.slice(1).join('') ?? outcome.error)

async function run(
  project: Project,
  { name, target, before }: { name: BundlerName; target: 'node' | 'browser'; before?: string | undefined },
  folders: readonly string[],
) {
  const files = folders.map((folder) => entryIn(folder, name, target))
  if (name === 'farm') return runFarm(project, { target, before }, folders)
  if (target === 'browser') return (await runInBrowser(project.root, files, before)).map(inShort)
  return (await runInNode(files.map((file) => project.at(file)))).map(inShort)
}

/**
 * Each by itself: on Node what is thrown in a module of Farm's own kind ends the process, and in browsers its scripts
 * know where they are from the root of the site.
 */
async function runFarm(
  project: Project,
  { target, before }: { target: 'node' | 'browser'; before: string | undefined },
  folders: readonly string[],
) {
  const outcomes: unknown[] = []
  for (const folder of folders) {
    const [outcome] =
      target === 'browser'
        ? await runInBrowser(project.at(folder), [FARM_PAGE], before)
        : await runInNode([project.at(folder, 'main.js')]).catch((error) => [{ error: String(error) }])
    outcomes.push(inShort(outcome!))
  }
  return outcomes
}

const FARM_PAGE = 'main.html'

/** How each bundler is set up for this. */
function configOf(name: BundlerName, target: 'node' | 'browser'): NonNullable<BuildRequest['config']> {
  if (target === 'node') return {}
  if (name === 'esbuild') return { splitting: true }
  return name === 'farm' ? { compilation: { output: { publicPath: '/' } } } : {}
}

/** The scripts that a page starts with. */
function firstScripts(project: Project, name: BundlerName, folder: string): string[] {
  if (name !== 'farm') return ['main.js']
  const page = Buffer.from(project.read(`${folder}/${FARM_PAGE}`)).toString()
  return [...page.matchAll(/<script[^>]* src="?\/?([^" >]+)/g)].map(([, script]) => script!)
}

describe.each(BUNDLERS)('%s', (name: BundlerName) => {
  const project = makeProject({ 'main.js': MAIN, 'x.wasm': signed })

  beforeAll(async () => {
    for (const recheck of MODES) {
      for (const target of TARGETS) {
        const [options, out] = [{ keys: KEYS, recheck }, `${recheck}-${target}`]
        const config = configOf(name, target)
        await build[name]({ project, options, target, out, minify: true, config })
      }
    }
  })

  let count = 0
  /** A copy of what was built, with another file in the place of the component. */
  const deploy = (built: string, file: Uint8Array) => {
    const folder = `deployed/${count++}`
    cpSync(project.at(built), project.at(folder), { recursive: true })
    const assets = project.files(folder).filter((asset) => asset.endsWith('.wasm'))
    expect(assets).toHaveLength(1)
    writeFileSync(project.at(folder, assets[0]!), file)
    return folder
  }

  describe.each(TARGETS)('%s', (target) => {
    it.each(MODES)('%s: runs what it may, refuses the rest with its code', async (recheck) => {
      const folders = CHANGES.map(({ file }) => deploy(`${recheck}-${target}`, file))
      const outcomes = await run(project, { name, target }, folders)
      const named = (of: (change: Change, index: number) => unknown) =>
        Object.fromEntries(CHANGES.map((change, index) => [change.name, of(change, index)]))
      expect(named((_, index) => outcomes[index])).toEqual(named(({ outcome }) => outcome[recheck]))
    })
  })

  it.runIf(HAS_BROWSER).each(Object.entries(WITHOUT))('decides the same without %s', async (_, before) => {
    const names = ['untouched', 'one byte flipped', 'an old signed version']
    const some = CHANGES.filter((change) => names.includes(change.name))
    for (const recheck of ['digest', 'signature'] as const) {
      const folders = some.map(({ file }) => deploy(`${recheck}-browser`, file))
      const outcomes = await run(project, { name, target: 'browser', before }, folders)
      expect(outcomes).toEqual(some.map(({ outcome }) => outcome[recheck]))
    }
    // So the other way was taken, and not nothing at all.
    const again = [deploy('signature-browser', signed)]
    expect(await run(project, { name, target: 'browser', before: `${before};${TELL}` }, again)).toEqual([
      'missed',
    ])
    expect(await run(project, { name, target: 'browser', before: TELL }, again)).toEqual(['not missed'])
  })

  it.runIf(HAS_BROWSER)(
    'ships noble and the words of refusals beside the code that starts, not in it',
    () => {
      const chunks = project.files('signature-browser').filter((file) => file.endsWith('.js'))
      const holding = (text: string) =>
        chunks.filter((file) => Buffer.from(project.read(`signature-browser/${file}`)).includes(text))
      for (const text of ['signed other content than this', 'bad point: y not sqrt']) {
        expect(holding(text).length).toBeGreaterThan(0)
        const first = firstScripts(project, name, 'signature-browser')
        for (const file of holding(text)) expect(first).not.toContain(file)
      }
      for (const folder of ['off-browser', 'digest-browser'])
        expect(
          project
            .files(folder)
            .filter((file) => file.endsWith('.js'))
            .toSorted(),
        ).toEqual(firstScripts(project, name, folder).toSorted())
    },
  )
})
