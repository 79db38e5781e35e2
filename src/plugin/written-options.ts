/** What people write. */

import type { JcoOptions } from '../bindings/jco/options.js'
import type { KeySource } from '../disk/keyring.js'
import type { Mode } from '../policy/policy.js'
import type { Asset } from './handover.js'

/** Bounds on what one file may cost. */
export interface Limits {
  /** The largest file that is read. @default 67108864 (64 MiB) */
  maxFileBytes?: number | undefined
  /** How long transpiling one component may take. @default 30000 */
  timeoutMs?: number | undefined
  /** How large the generated code and core modules of one component may be. @default 52428800 (50 MiB) */
  maxOutputBytes?: number | undefined
  /** How much memory transpiling one component may add to the process. @default 1073741824 (1 GiB) */
  maxMemoryBytes?: number | undefined
}

/** An identity that may sign, as the certificate of its signatures has it. */
export interface IdentitySource {
  /** Who knows it, such as `https://token.actions.githubusercontent.com` or `https://gitlab.com`. */
  issuer: string
  /** Such as `https://github.com/acme/hello/.github/workflows/release.yml@refs/tags/*`, for any one tag. */
  identity: string
  /** The repository that has called the workflow. @default that of the identity */
  repository?: string | undefined
}

/** The options of the plugin. */
export interface Options {
  /**
   * `strict` fails the build on a file that no trusted key has signed as it is, `lenient` warns,
   * `off` verifies nothing. `serve` is Vite's dev server and Vitest; everything else is `build`.
   * @default 'strict'
   */
  mode?: Mode | { build?: Mode | undefined; serve?: Mode | undefined } | undefined
  /**
   * The policy file, relative to the root. It stands in place of `keys`, `detached`, `packages`, `include`, `exclude`.
   * @default the nearest `signed-wasm.json`, from the root up to that of the repository or workspace, if there is one
   */
  policy?: string | undefined
  /**
   * Trusted public keys; any one of them may sign. A folder gives its `*.pub *.pk *.pem *.der *.jwk *.keys` files.
   * @default []
   */
  keys?: KeySource | readonly KeySource[] | undefined
  /**
   * Trusted identities, such as the release workflow of a project, for files with a Sigstore bundle in `<file>.sigstore.json`. Any
   * one of them, or of `keys`, may sign; a bundle that is there must hold.
   * @default []
   */
  identities?: readonly IdentitySource[] | undefined
  /**
   * A trusted root of Sigstore, relative to the root: which logs and authorities are trusted.
   * @default that of the public services, which comes with this package
   */
  trustedRoot?: string | undefined
  /**
   * Globs of the `.wasm` files to handle, relative to the project root. Later ones win, and one that begins with `!` takes
   * out what it matches, as in `.gitignore`.
   * @default every `.wasm`
   */
  include?: string | readonly string[] | undefined
  /**
   * Globs of `.wasm` files that are left to the bundler, unverified; `npm:<package>` for what a package brings, in files
   * or in scripts, and `npm:<package>/<glob>` for some of it; `!` as in `include`.
   * @default []
   */
  exclude?: string | readonly string[] | undefined
  /**
   * Accept a detached signature in `<file>.sig`. A file that carries a signature as well must pass both.
   * @default false
   */
  detached?: boolean | undefined
  /**
   * Core modules that installed packages bring for themselves, which are as trusted as the JavaScript beside them:
   * `report` lists them at the end of a build, `verify` refuses all of them that no trusted key has signed. Components,
   * and whatever is the project's own, are verified always.
   * @default 'report'
   */
  packages?: 'report' | 'verify' | undefined
  /**
   * A file to which each refusal and each warning appends one line of JSON, relative to the project root: for audits.
   * @default none
   */
  log?: string | undefined
  /** A file, from the project root, for what a build that passed let in and its output holds. @default none */
  report?: string | undefined
  /**
   * What a component's imports are bound to: import name to module, e.g.
   * `{ 'acme:app/log': './src/log.ts' }`. WASI needs no entry. A label that implements an interface goes by either.
   * @default {}
   */
  imports?: Readonly<Record<string, string>> | undefined
  /**
   * `file` ships the signed component as one asset, `inline` as base64 in the bundle; a number
   * inlines files of at most that many bytes. `modules` ships its core modules as files of their own, which what the build
   * is for gets as it needs them; an object says how where a bundler does not tell for what it builds.
   * @default 'file'; `modules` where the bundler's conditions name a runtime that compiles nothing
   */
  asset?: Asset | undefined
  /**
   * What emitted code checks of a file before it compiles it: that it is the very one of the build (`digest`), or that
   * a trusted key has signed it and its core modules are those of the build (`signature`). For wasm and JavaScript
   * that travel different ways.
   * @default 'off'
   */
  recheck?: 'off' | 'digest' | 'signature' | undefined
  /**
   * Where exact declarations of imported components are written: a folder, relative to that of the `tsconfig.json`, with a
   * file `signed-wasm.d.ts` where that includes it; `'sibling'` beside each `.wasm` file; `true` is `.signed-wasm/types`.
   * @default true in a project with a `tsconfig.json`, else false
   */
  types?: boolean | string | undefined
  /**
   * Keep what jco makes of each component on disk, for later builds: `true` in `node_modules/.cache/unplugin-signed-wasm`, or
   * a folder, relative to the project root. Verdicts are never kept: every file is verified in every build. What somebody else
   * has put into the folder is made anew: entries are known by a key of the user's own, outside of the project.
   * @default true in a project with a folder `node_modules` of its own, else false
   */
  cache?: boolean | string | undefined
  /** Options of jco. */
  jco?: JcoOptions | undefined
  /** Bounds on what one file may cost. */
  limits?: Limits | undefined
}
