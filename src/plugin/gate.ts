/** The gate: has files judged, and remembers what was admitted, under which name. Knows no bundler. */

import { basename } from 'node:path'
import type { Diagnostic } from '../errors/diagnostic.js'
import { type Layer, readLayer } from '../format/wasm.js'
import { judge, type Judgement, type Subject } from '../policy/judge.js'
import type { Policy } from '../policy/policy.js'
import { type Admission, Admissions } from './admissions.js'
import type { BuildLog, FileContext } from './contexts.js'
import { Dependents } from './dependents.js'
import { type Held, Ledger } from './ledger.js'
import type { ResolvedOptions } from './options.js'
import { type Copied, isInPackage, PackageWasm } from './package-wasm.js'
import { Project } from './project.js'
import { readPolicy, type ReadPolicy } from './read-policy.js'

interface Wanted {
  layer?: Layer | undefined
  isModule?: boolean
  isFile?: boolean
  importers?: readonly string[] | undefined
}

/** What is held against a file. */
export interface Objection {
  action: 'warn' | 'refuse'
  problem?: Diagnostic | undefined
  /** Whether it is imported as a module, rather than referred to. */
  isModule?: boolean
}

/** What keeps bytes from passing, and what was found out about them. */
export type Refused = Exclude<Judgement, { action: 'accept' }>

/** One gate for each use of the plugin. */
export class Gate {
  readonly project: Project
  readonly admissions = new Admissions()
  readonly dependents = new Dependents()
  readonly packageWasm = new PackageWasm()
  readonly ledger: Ledger
  readonly #options: ResolvedOptions
  readonly #warned = new Set<string>()
  #read: ReadPolicy | undefined
  /** Whether something will conclude, in the end, what was noted of packages; hooks of Node have no such end. */
  hasEnd = true
  /** The id of the policy under which files were admitted so far. */
  #admittedUnder: string | undefined

  /** @throws Diagnostic `OPTION_INVALID` */
  constructor(options: ResolvedOptions) {
    this.#options = options
    this.project = new Project(options)
    this.ledger = new Ledger(options)
  }

  /**
   * Starts a build: reads the keys again and, when the policy is another now, forgets what the last build admitted.
   * Under the same policy the same files remain admitted, because Vite ships a worker that has not changed once more
   * without loading it again.
   * @param log gets one line that states the policy: see {@link readPolicy}
   * @throws Diagnostic about keys, such as `NO_TRUSTED_KEYS`
   */
  start(log: BuildLog): void {
    this.packageWasm.clear()
    this.ledger.start(this.project)
    this.project.forget()
    this.forgetPolicy()
    this.#current(log)
  }

  #readPolicy(log?: BuildLog): ReadPolicy {
    const { root, command } = this.project
    const read = readPolicy({ ...this.#options, root, command }, log)
    this.project.sidecars = read.sidecars
    return read
  }

  /** What this build demands. */
  get policy(): Policy {
    return this.#current().policy
  }

  /** Whether a policy file says what may come in, so that nothing is let pass for being in a package. */
  get hasRules(): boolean {
    return this.#current().hasRules
  }

  /** Whether what jco makes may be kept. */
  get keepsOutputs(): boolean {
    return this.#current().keepsOutputs
  }

  /** The file that it is written in, from the root of the project. */
  get policyFile(): string | undefined {
    return this.#current().policyFile
  }

  /** @param file a real path */
  #judge(subject: Subject, file: string): Judgement {
    const judgement = judge({ ...subject, ...this.#current().nameOf(file) }, this.policy)
    if (judgement.action === 'accept') this.ledger.pass(file, judgement.admitted)
    return judgement
  }

  // Some servers load before any build start is announced.
  #current(log?: BuildLog): ReadPolicy {
    if (this.#read !== undefined) return this.#read
    this.#read = this.#readPolicy(log)
    if (this.#read.policy.id !== this.#admittedUnder) this.admissions.clear()
    this.#admittedUnder = this.#read.policy.id
    return this.#read
  }

  /** Reads the keys again before anything else is judged, and warns of it again. */
  forgetPolicy(): void {
    this.#warned.clear()
    this.#read = undefined
  }

  /**
   * Reads and judges one file.
   * @param path as it was imported
   * @param wanted.layer what it must be; what it says when absent
   * @param wanted.isFile whether it is used as it lies there, so that it may be a copy of a package's
   * @param wanted.isModule whether code imports it as a module; @param wanted.importers which does, where that is known
   * @returns `undefined` when nothing is there, or the options leave it alone
   * @throws Diagnostic when it is refused
   */
  admit(path: string, context: FileContext, wanted: Wanted = {}): Admission | undefined {
    const { isModule = false, isFile = false, importers = [] } = wanted
    this.#watch(path, context)
    const read = this.project.read(path)
    if (read === undefined) return undefined
    const { file, display, bytes, sidecars } = read
    const layer = wanted.layer ?? readLayer(bytes) ?? 'component'
    const judgement = this.#judge({ name: display, bytes, layer, sidecars }, file)
    if (judgement.action !== 'accept') {
      // A core module could take the place of a component.
      const isOurs = isModule && !importers.every(isInPackage)
      if (!isOurs && this.leavesToPackage(file, layer, { ...judgement, isModule })) return undefined
      if (isFile && this.leavesCopy({ bytes, layer })) return undefined
      const isTheirs = !isOurs && !this.hasRules && PackageWasm.owns(file, layer)
      const problem = isTheirs ? PackageWasm.refusalOf(file) : judgement.problem
      this.note({ ...judgement, problem, bytes })
      if (judgement.action === 'refuse') throw problem
      this.warnOnce(problem, file, context)
      this.ledger.tolerate(file, judgement.admitted)
    }
    const admission = { path, file, name: basename(file), admitted: judgement.admitted }
    this.admissions.add(admission)
    return admission
  }

  /**
   * The admission that our own query asks for: the very one of this build where it is still that file, which is not read
   * again. See {@link Gate.admit}.
   * @param digest of every byte
   */
  admitAgain(path: string, digest: string, context: FileContext): Admission | undefined {
    const known = this.admissions.find(path, digest)
    if (known !== undefined) this.#watch(path, context)
    return known ?? this.admit(path, context, { layer: 'component' })
  }

  /**
   * Whether a file is a core module that a package brings. It is noted, and left to the bundler for now: the end of the
   * build lists or refuses all of them. A server has no such end. What the rules of a policy let in with a warning is not left.
   */
  leavesToPackage(file: string, layer: Layer, { action, problem, isModule = false }: Objection): boolean {
    if (!PackageWasm.owns(file, layer)) return false
    const { command, verifiesPackages } = this.project
    const isDemanded = this.hasRules || verifiesPackages
    if (isDemanded && (command === 'serve' || !this.hasEnd)) return false
    if (this.hasRules && action === 'warn') return false
    this.packageWasm.add(file, isModule ? problem : undefined)
    if (this.hasRules && problem !== undefined) this.packageWasm.findings.set(file, problem)
    return true
  }

  /**
   * Whether bytes are what a package brings, in another place: a copy of its file or script, or what one of its modules
   * holds, in a worker or a source map. They are noted as that package's: see {@link Gate.leavesToPackage}. In a policy file a
   * copy has a name of its own.
   */
  leavesCopy({ bytes, layer, output }: Copied & { layer: Layer }): boolean {
    if (layer !== 'core module' || this.hasRules) return false
    const { packageWasm, project } = this
    const originals = packageWasm.originalsOf({ bytes, output }, project.root)
    const covered = originals.filter((file) => project.covers(file))
    const action = 'refuse' as const
    return (
      originals.length > 0 &&
      covered.map((file) => this.leavesToPackage(file, layer, { action })).every(Boolean)
    )
  }

  /**
   * What keeps bytes from passing that did not come in by an import.
   * @param file the real path of the file that they are, or stand in
   */
  objection(subject: Subject, file?: string): Refused | undefined {
    const judgement = file === undefined ? judge(subject, this.policy) : this.#judge(subject, file)
    return judgement.action === 'accept' ? undefined : judgement
  }

  /** Writes down what is held against a file, where that is wanted. */
  note(held: Held): void {
    this.ledger.object(held, this.project.root)
  }

  #watch(path: string, context: FileContext): void {
    // First, since it is the policy that says what counts beside a file.
    const { files } = this.#current()
    for (const file of [path, ...this.project.sidecarPaths(path), ...files]) {
      this.dependents.add(file, path)
      context.watch(file)
    }
  }

  /** Warns of one thing about one file once in a build. @param file its real path: display paths of two may be the same */
  warnOnce({ code, message }: Diagnostic, file: string, context: Pick<FileContext, 'warn'>): void {
    if (!this.#warned.has(`${code} ${file}`)) context.warn(message)
    this.#warned.add(`${code} ${file}`)
  }
}
