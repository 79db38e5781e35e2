/** What a generated module is made from. */

import type { Admitted } from '../../policy/admitted.js'
import type { TrustedKey } from '../../trust/keys/trusted-key.js'
import type { Host } from '../hosts.js'
import type { Transpiled } from '../jco/transpiled.js'
import type { RuntimeFunction } from './runtime.js'

/** What a module that imports the component gets. */
export type ModuleForm =
  /** The component's exports, as default and as named exports; instantiated by a top-level await. */
  | 'exports'
  /** A function that makes instances, as default export; no top-level await. */
  | 'instantiate'

/** See {@link generateModule}. */
export interface ModuleInput {
  transpiled: Transpiled
  admitted: Admitted
  form: ModuleForm
  source: ComponentSource
  recheck: Recheck
  /** Where our runtime is: a folder, without a slash at the end. */
  runtime: string
  /** Hosts by full name of the import, see {@link planImports}. */
  hosts: ReadonlyMap<string, Host>
  /** What jco's code may share with that of other components. @default nothing */
  glue?: Glue | undefined
  /** Whether calls are to be logged, as the option `tracing` of jco says. @default false */
  tracing?: boolean | undefined
}

/** Pieces of jco's code that come together, and the function of our runtime that makes them for one instance. */
export interface GlueGroup {
  /** Of the function in `glue.js`. */
  name: string
  /** The groups of whose results that function is made, in the order of its arguments. */
  needs: readonly string[]
  /** Statements at the top of `instantiate`, without white space at the start of lines. */
  pieces: readonly string[]
  /** What the function returns, by name. */
  exports: readonly string[]
  /** What can change its value, and so cannot leave the function. */
  variables: readonly string[]
}

/**
 * The catalogue of what can be shared, in which groups come after those that they need. Made when this package is built, for one
 * version of jco: what another one writes is not found, and stays where it is.
 */
export type Glue = readonly GlueGroup[]

/** How emitted code gets the signed file, or what is in it. */
export type ComponentSource =
  /** @property expression JavaScript giving a URL or an absolute URL string */
  | { kind: 'url'; expression: string }
  /** As base64 in the code itself. */
  | { kind: 'inline' }
  /**
   * Not at all: its core modules are files of their own, and whoever runs the code hands them over compiled.
   * @property specifiers what imports each, by the name under which jco's code asks for it
   */
  | { kind: 'imports'; specifiers: ReadonlyMap<string, string> }
  /**
   * Not at all: its core modules are files of their own.
   * @property expressions JavaScript giving the URL of each, by the name under which jco's code asks for it
   */
  | { kind: 'files'; expressions: ReadonlyMap<string, string> }

/** What emitted code checks of the file that it gets. What stands in the code itself needs no check. */
export type Recheck =
  | { kind: 'off' }
  /** The file is the very one of the build. */
  | { kind: 'digest' }
  /** One of the keys has signed the file, and its core modules are those of the build. */
  | { kind: 'signature'; keys: readonly TrustedKey[] }

/** A piece of the module, and the functions of our runtime that it calls. */
export interface Piece {
  code: string
  functions: ReadonlySet<RuntimeFunction>
}
