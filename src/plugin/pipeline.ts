/// <reference types="node" />
/** One `.wasm` import, from the file on disk to generated code. Knows no bundler. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { planImports } from '../bindings/hosts.js'
import { createCache, type OutputCache } from '../bindings/jco/cache.js'
import type { Transpiler } from '../bindings/jco/transpiled.js'
import { createTranspiler } from '../bindings/jco/transpiler.js'
import { generateModule, type ModuleForm } from '../bindings/module/generate.js'
import type { ComponentSource, Recheck } from '../bindings/module/loading.js'
import { RUNTIME } from '../bindings/runtime-files.js'
import { checkShims } from '../bindings/shims.js'
import { declareComponent } from '../bindings/types/declare.js'
import { placeTypes, writeTypes } from '../bindings/types/folder.js'
import { createFilter, expandGlob, isGlob } from '../disk/glob.js'
import { type Keyring, type KeySource, readKeyring } from '../disk/keyring.js'
import { displayPath, realPath, toSlashes } from '../disk/paths.js'
import { readRegularFile, sniffLayer } from '../disk/read-file.js'
import { adviseTsconfig, hasTsconfig } from '../disk/tsconfig.js'
import { Diagnostic } from '../errors/diagnostic.js'
import { about, problem } from '../errors/raise.js'
import { printable } from '../errors/text.js'
import { equalBytes, type Hex, toHex } from '../format/encoding.js'
import { type Layer, readLayer } from '../format/wasm.js'
import { decide, type Decision, type Mode } from '../policy/table.js'
import { sha256 } from '../trust/crypto/rule.js'
import { describeKey } from '../trust/explain.js'
import type { TrustedKey } from '../trust/keys/trusted-key.js'
import { verifySync } from '../trust/verify.js'
import { INLINE, type VerifiedFile, wantsInline } from './assets.js'
import { type Options, type ResolvedOptions, resolveOptions } from './options.js'
import { parseWasmId, readQuery } from './request.js'
import { findWasm, type OutputFile } from './sweep.js'

/** Where and why a build runs. */
export interface BuildContext {
  /** Absolute path of the project. */
  root: string
  /** `serve` only for Vite's `command === 'serve'`. */
  command: 'build' | 'serve'
}

/** Where a build's own lines go. */
export interface BuildLog {
  inform(line: string): void
  warn(message: string): void
}

/** What a bundler offers while a file is judged. */
export interface FileHost {
  /** Asks for a rebuild when the file changes, appears or goes. */
  watch(file: string): void
  warn(message: string): void
}

/** What a bundler offers while one id is loaded. */
export interface LoadHost extends FileHost {
  /** Ships the file and says where it will be. Not asked when the options want base64. */
  ship(file: VerifiedFile): ComponentSource
  /** Whether the bundler wants the bytes themselves, as webpack does for `new URL(...)`. */
  wantsBytes?: boolean
  /** Whether named exports must be identifiers; `docs:hello/greeter@0.1.0` is then a property of the default export only. */
  identifiersOnly?: boolean
  /** What in this build has no top-level await, in words, such as `the format iife`. */
  lacksAwait?: string | undefined
}

/** What became of an id. */
export type Loaded =
  /** A component, as an ES module. */
  | { kind: 'module'; code: string }
  /** Our own query: the verified bytes. */
  | { kind: 'bytes'; bytes: Uint8Array }
  /** Verified, and the bundler's to handle. */
  | { kind: 'handed back'; bytes: Uint8Array }

interface Policy {
  mode: Mode
  keys: readonly TrustedKey[]
  /** Files whose change changes the keys. */
  files: readonly string[]
}

interface Admitted extends VerifiedFile {
  layer: Layer
  /** As it was imported, where links may lead elsewhere. */
  path: string
  /** Whether a trusted key has signed it; else it was let through, by `lenient` or `off`. */
  isVerified: boolean
  /** The content of the `.sig` beside it, where that was taken into account. */
  detached: Uint8Array | undefined
}

const SILENT: BuildLog = { inform: () => {}, warn: () => {} }

/** The one pipeline behind every bundler; one for each use of the plugin. */
export class Pipeline {
  readonly #transpiler: Transpiler
  readonly #cache: OutputCache | undefined
  #context: BuildContext = { root: process.cwd(), command: 'build' }
  readonly #options: ResolvedOptions
  #filter: (file: string) => boolean
  #policy: Policy | undefined
  #warned = new Set<string>()
  #accepted = new Set<Hex>()
  /** Display paths of components whose module has a top-level await. */
  readonly #awaiting = new Set<string>()
  #isAdvised = false
  readonly #dependents = new Map<string, Set<string>>()

  /** @throws Diagnostic `OPTION_UNKNOWN`, `OPTION_INVALID` */
  constructor(userOptions?: Options) {
    this.#options = resolveOptions(userOptions)
    this.#filter = createFilter(this.#options, this.root)
    const { cache, jco, limits } = this.#options
    // A function, because the root is known later.
    if (cache !== false) this.#cache = createCache(() => resolve(this.root, cache))
    this.#transpiler = createTranspiler({ jco, limits, cache: this.#cache })
  }

  /** Tells where the build runs; until then it is a `build` in the current folder. */
  configure(context: Partial<BuildContext>): void {
    this.#context = { ...this.#context, ...context }
    this.#filter = createFilter(this.#options, this.root)
  }

  /** See {@link BuildContext.root}. */
  get root(): string {
    return this.#context.root
  }

  /**
   * Starts a build: reads the keys again and, when the policy is another now, forgets what the last build accepted.
   * Under the same policy the same bytes remain known, because Vite ships a worker that has not changed once more
   * without loading it again.
   * @param log gets one line that states the policy
   * @throws Diagnostic about keys, such as `NO_TRUSTED_KEYS`
   */
  start(log: BuildLog): void {
    this.#warned.clear()
    this.#awaiting.clear()
    const before = this.#policy
    this.#policy = this.#readPolicy(log)
    if (!isSamePolicy(before, this.#policy)) this.#accepted.clear()
    this.#advise(log)
    this.#cache?.prune()
  }

  /** Says once what a tsconfig lacks. */
  #advise(log: BuildLog): void {
    const { types } = this.#options
    if (this.#isAdvised || !this.#writesTypes()) return
    this.#isAdvised = true
    const advice = adviseTsconfig(this.root, types.kind === 'folder' ? types.folder : undefined)
    if (advice !== undefined) log.inform(advice)
  }

  #writesTypes(): boolean {
    const { types } = this.#options
    if (types.kind === 'nowhere') return false
    return types.kind === 'sibling' || !types.needsTsconfig || hasTsconfig(this.root)
  }

  #readPolicy(log: BuildLog): Policy {
    const mode = this.#options.mode[this.#context.command]
    if (mode === 'off') {
      log.warn(problem('VERIFICATION_OFF', {}).message)
      return { mode, keys: [], files: [] }
    }
    const keyring = readKeyring(this.#options.keys, { root: this.root, environment: process.env })
    if (mode === 'strict' && keyring.keys.length === 0) {
      throw problem('NO_TRUSTED_KEYS', { looked: this.#options.keys.map(describeSource) })
    }
    log.inform(describePolicy(mode, keyring))
    return { mode, keys: keyring.keys, files: keyring.watch }
  }

  /** Whether an id is a `.wasm` file that the options cover. Never throws. */
  claims(id: string): boolean {
    const parsed = parseWasmId(id)
    return parsed !== undefined && this.#covers(parsed.file)
  }

  /** Whether a file opens with a core preamble. Never throws. */
  isCoreModule(file: string): boolean {
    return sniffLayer(file) === 'core module'
  }

  /**
   * Reads, verifies, decides, and makes code for a component.
   * @returns `undefined` when nothing is there, or the options leave the file alone
   * @throws Diagnostic when the file is refused
   */
  async load(id: string, host: LoadHost): Promise<Loaded | undefined> {
    const parsed = parseWasmId(id)
    if (parsed === undefined) return undefined
    const request = readQuery(parsed.query)
    const file = this.#admit(parsed.file, host, request.explicit ? 'component' : undefined)
    if (file === undefined) return undefined
    const { bytes } = file
    if (request.digest !== undefined) return { kind: 'bytes', bytes: this.#sameContent(file, request.digest) }
    if (file.layer === 'core module' || request.form === undefined || host.wantsBytes)
      return { kind: 'handed back', bytes }
    if (request.form === 'exports') {
      this.#awaiting.add(this.#display(file.file))
      if (host.lacksAwait !== undefined) this.refuseAwait(host.lacksAwait)
    }
    return { kind: 'module', code: await this.#generate(file, request.form, host) }
  }

  /**
   * Reads and judges one file, such as one that a server is about to send.
   * @returns `undefined` when nothing is there, or the options leave it alone
   * @throws Diagnostic when it is refused
   */
  admit(file: string, host: FileHost): VerifiedFile | undefined {
    return this.#admit(file, host)
  }

  /**
   * Tells what to do where a module that was loaded has a top-level await and must not.
   * @param where see {@link LoadHost.lacksAwait}
   * @throws Diagnostic `TOP_LEVEL_AWAIT`
   */
  refuseAwait(where: string): void {
    for (const file of this.#awaiting) throw problem('TOP_LEVEL_AWAIT', { file, where })
  }

  /** Judges every wasm file in a folder that is copied to the output as it is. @throws Diagnostic */
  admitFolder(folder: string, host: FileHost): void {
    for (const file of filesIn(folder)) {
      if (sniffLayer(file) !== undefined) this.#admit(file, host)
    }
  }

  /**
   * Judges what the finished output holds and no import brought in.
   * @throws Diagnostic `UNVERIFIED_WASM` in strict mode
   */
  sweep(outputs: Iterable<OutputFile>, log: Pick<BuildLog, 'warn'>): void {
    if (this.#currentPolicy().mode === 'off') return
    for (const { output, bytes, layer } of findWasm(outputs)) {
      if (this.#isKnown(bytes, layer) || this.#isLeftAlone(output, bytes)) continue
      const decision = this.#judge(bytes, { file: output.name, layer })
      if (decision.action === 'accept') continue
      const error = problem('UNVERIFIED_WASM', { file: output.name, reason: decision.problem.what })
      if (decision.action === 'refuse') throw error
      log.warn(error.message)
    }
  }

  /** Reads the keys again before anything else is judged. */
  forgetKeys(): void {
    this.#policy = undefined
  }

  /** The `.wasm` files that must be loaded again when this file changes. */
  dependents(file: string): string[] {
    return [...(this.#dependents.get(toSlashes(file)) ?? [])]
  }

  #admit(path: string, host: FileHost, wanted?: Layer): Admitted | undefined {
    const { detached: hasDetached, coreModules, limits } = this.#options
    const signature = `${path}.sig`
    const policy = this.#currentPolicy()
    for (const file of [path, ...(hasDetached ? [signature] : []), ...policy.files])
      this.#watch(file, path, host)

    const real = realPath(path)
    if (real === undefined || !this.#covers(path)) return undefined
    const display = this.#display(real)
    const bytes = readRegularFile(real, { display, maxBytes: limits.maxFileBytes })
    if (bytes === undefined) return undefined
    const layer = wanted ?? readLayer(bytes) ?? 'component'
    if (layer === 'core module' && coreModules === 'ignore') return undefined
    const detached = hasDetached
      ? readRegularFile(signature, { display: `${display}.sig`, maxBytes: limits.maxFileBytes })
      : undefined

    const decision = this.#judge(bytes, { file: display, layer, detached })
    this.#enforce(decision, display, host)
    const isVerified = policy.mode !== 'off' && decision.action === 'accept'
    const digest = toHex(sha256(bytes))
    this.#accepted.add(digest)
    return { file: real, name: basename(real), bytes, digest, layer, path, isVerified, detached }
  }

  #judge(
    bytes: Uint8Array,
    { file, layer, detached }: { file: string; layer: Layer; detached?: Uint8Array | undefined },
  ): Decision {
    const { mode, keys } = this.#currentPolicy()
    const verdict = verifySync(bytes, keys, detached === undefined ? { layer } : { layer, detached })
    if (mode !== 'off') return decide(verdict, { mode, file, keys })
    return verdict.status === 'malformed'
      ? { action: 'refuse', problem: verdict.problem.at(file) }
      : { action: 'accept' }
  }

  #enforce(decision: Decision, file: string, host: FileHost): void {
    if (decision.action === 'refuse') throw decision.problem
    if (decision.action === 'warn') this.#warnOnce(decision.problem, file, host)
  }

  #warnOnce({ code, message }: Diagnostic, file: string, host: FileHost): void {
    if (!this.#warned.has(`${code} ${file}`)) host.warn(message)
    this.#warned.add(`${code} ${file}`)
  }

  async #generate(file: Admitted, form: ModuleForm, host: LoadHost): Promise<string> {
    const display = this.#display(file.file)
    const transpiled = await this.#transpiler.transpile(file.bytes, { name: 'component', file: display })
    // Adapters that jco makes stand in the code as base64, where the sweep finds them.
    for (const core of Object.values(transpiled.cores)) this.#accepted.add(toHex(sha256(core)))
    await this.#declare(file, host)
    const { hosts, shims } = planImports(transpiled.imports, this.#configuredHosts())
    checkShims(shims, { file: file.file, display, root: this.root })
    const source = wantsInline(this.#options.asset, file.bytes) ? INLINE : host.ship(file)
    const exports = transpiled.exports.filter(
      ([name]) => !host.identifiersOnly || /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name),
    )
    const input = {
      transpiled: { ...transpiled, exports },
      bytes: file.bytes,
      form,
      source,
      recheck: this.#recheck(file),
      runtime: RUNTIME,
      hosts,
    }
    return about(display, () => generateModule(input).code)
  }

  /** Writes declarations. What goes wrong with them is a warning: the bundle does not need them. */
  async #declare({ path, bytes }: Admitted, host: LoadHost): Promise<void> {
    const { jco, imports, types } = this.#options
    const folder = this.#writesTypes() ? placeTypes(path, { root: this.root, types }) : undefined
    if (folder === undefined) return
    const [name, display] = [basename(path), this.#display(path)]
    try {
      const transpiler = this.#transpiler
      writeTypes(folder, name, await declareComponent(bytes, { transpiler, jco, imports, name, display }))
    } catch (error) {
      const reason = error instanceof Diagnostic ? error.what : String((error as Error).message)
      this.#warnOnce(problem('TYPES_NOT_WRITTEN', { file: display, reason }, { cause: error }), display, host)
    }
  }

  /** A file that no trusted key has signed was let through as it is, so that is what is checked. */
  #recheck({ isVerified, detached }: Admitted): Recheck {
    const { recheck } = this.#options
    if (recheck !== 'signature') return { kind: recheck }
    return isVerified ? { kind: recheck, keys: this.#currentPolicy().keys, detached } : { kind: 'digest' }
  }

  /** Relative modules count from the project; all that a bundler sees is where they are. */
  #configuredHosts(): Record<string, string> {
    const locate = (specifier: string) =>
      /^\.\.?\//.test(specifier) ? toSlashes(join(this.root, specifier)) : specifier
    return Object.fromEntries(
      Object.entries(this.#options.imports).map(([name, module]) => [name, locate(module)]),
    )
  }

  #sameContent(file: Admitted, digest: Hex): Uint8Array {
    if (file.digest === digest) return file.bytes
    throw problem('FILE_CHANGED', { file: this.#display(file.file) })
  }

  #isKnown(bytes: Uint8Array, layer: Layer): boolean {
    if (layer === 'core module' && this.#options.coreModules === 'ignore') return true
    return this.#accepted.has(toHex(sha256(bytes)))
  }

  /** By where it came from or, where the bundler does not say, by being the same as an excluded file. */
  #isLeftAlone({ sources = [] }: OutputFile, bytes: Uint8Array): boolean {
    if (sources.some((source) => !this.#covers(source))) return true
    return this.#options.exclude
      .flatMap((pattern) => filesOf(pattern, this.root))
      .some((file) => isSameFile(file, bytes))
  }

  #covers(file: string): boolean {
    return this.#filter(realPath(file) ?? toSlashes(file))
  }

  #watch(file: string, dependent: string, host: FileHost): void {
    const files = this.#dependents.get(toSlashes(file)) ?? new Set()
    this.#dependents.set(toSlashes(file), files.add(dependent))
    host.watch(file)
  }

  #display(file: string): string {
    return displayPath(file, this.root)
  }

  // Some servers load before any build start is announced.
  #currentPolicy(): Policy {
    return (this.#policy ??= this.#readPolicy(SILENT))
  }
}

function isSamePolicy(before: Policy | undefined, after: Policy): boolean {
  const describe = ({ mode, keys }: Policy) => [mode, ...keys.map(({ fingerprint }) => fingerprint)].join()
  return before !== undefined && describe(before) === describe(after)
}

/** The one line that states what a build enforces. */
function describePolicy(mode: Mode, { keys, trustedVariables, ignoredFiles }: Keyring): string {
  const parts = [
    `${mode}, ${keys.length} trusted ${keys.length === 1 ? 'key' : 'keys'}: ${keys.map(describeKey).join(', ') || 'none'}`,
    ...trustedVariables.map((name) => `the environment is trusted to name the key in ${name}`),
    ...(ignoredFiles > 0 ? [`${ignoredFiles} other files beside the keys ignored`] : []),
  ]
  return `[signed-wasm] ${parts.join('; ')}`
}

// A literal key is public, but too long to be read in a message.
function describeSource(source: KeySource): string {
  if (typeof source === 'string') return printable(source, 60)
  return source instanceof Uint8Array ? `${source.length} bytes` : `env ${source.env}`
}

function filesOf(pattern: string, root: string): string[] {
  return isGlob(pattern) ? expandGlob(pattern, root) : [resolve(root, pattern)]
}

function isSameFile(file: string, bytes: Uint8Array): boolean {
  return (
    statSync(file, { throwIfNoEntry: false })?.size === bytes.length && equalBytes(readFileSync(file), bytes)
  )
}

function* filesIn(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* filesIn(path)
    else yield path
  }
}
