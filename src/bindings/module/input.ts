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
  /** Whether calls are to be logged, as the option `tracing` of jco says. @default false */
  tracing?: boolean | undefined
}

/** How emitted code gets the signed file. */
export type ComponentSource =
  /** @property expression JavaScript giving a URL or an absolute URL string */
  | { kind: 'url'; expression: string }
  /** As base64 in the code itself. */
  | { kind: 'inline' }

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
