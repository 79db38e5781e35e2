/** What emitted code instantiates with: a component's parts to a function that makes instances of it. */

import type { CoreModules } from './compile.js'
import { hostNames } from '../format/interface-name.js'
import { failure } from './get.js'

/** The part of jco's `instantiate` that we rely on. */
type Instantiate = (
  getCoreModule: (name: string) => WebAssembly.Module,
  imports: Record<string, unknown>,
  instantiateCore?: InstantiateCore,
) => unknown

type InstantiateCore = (
  coreModule: WebAssembly.Module,
  imports?: WebAssembly.Imports,
) => WebAssembly.Instance | Promise<WebAssembly.Instance>

/** What one generated module knows about its component. */
export interface ComponentParts {
  instantiate: Instantiate
  /** Gets and compiles the core modules; called once, and again after it failed. */
  load: () => Promise<CoreModules>
  /** Full names of the imports of the component, each with its configured host where there is one. */
  imports: () => readonly (readonly [name: string, host?: unknown])[]
}

/** What `?instantiate` takes beside the imports. */
export interface InstantiateOptions {
  /**
   * Makes an instance of one core module.
   * @default WebAssembly.instantiate
   */
  instantiateCore?: InstantiateCore
}

/** The function that `?instantiate` exports. */
export type InstantiateComponent = (
  imports?: Record<string, unknown>,
  options?: InstantiateOptions,
) => Promise<Record<string, unknown>>

/**
 * Turns the parts of a component into a function that makes instances of it.
 *
 * Core modules are compiled once and shared between instances; a failure to get or compile them is
 * not remembered, so the next call tries again.
 *
 * Hosts have jco's shape. An interface (`docs:log/sink@1.0.0`) is an object, or the namespace of a
 * module, with one member per function and one class per resource, in camel case. A function or
 * resource that the component imports by itself (`log`) is an object whose `default` is it.
 *
 * @returns see {@link InstantiateComponent}; own imports are keyed by one of the {@link hostNames}, and win over
 *   configured hosts
 */
export function component(parts: ComponentParts): InstantiateComponent {
  const load = retryable(parts.load)
  return async (imports = {}, options = {}) => {
    const hosts = selectHosts(parts.imports(), imports)
    const coreModules = await load()
    const exports = await parts.instantiate((name) => coreModules.get(name)!, hosts, options.instantiateCore)
    return exports as Record<string, unknown>
  }
}

function retryable<T>(start: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => {
    running ??= start().catch((error: unknown) => {
      running = undefined
      throw error
    })
    return running
  }
}

function selectHosts(
  configured: readonly (readonly [name: string, host?: unknown])[],
  own: Record<string, unknown>,
): Record<string, unknown> {
  const hosts = Object.create(null) as Record<string, unknown>
  for (const [name, host] of configured) hosts[name] = ownHost(own, name) ?? host
  const missing = configured.map(([name]) => name).filter((name) => hosts[name] == null)
  if (missing.length > 0) {
    const shown =
      missing.slice(0, 20).join(', ') + (missing.length > 20 ? ` and ${missing.length - 20} more` : '')
    throw failure('IMPORTS_MISSING', `this component imports ${shown}, which nobody provides`)
  }
  return hosts
}

function ownHost(own: Record<string, unknown>, name: string): unknown {
  return hostNames(name)
    .map((key) => (Object.hasOwn(own, key) ? own[key] : undefined))
    .find((host) => host != null)
}
