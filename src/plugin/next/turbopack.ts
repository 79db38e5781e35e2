/// <reference types="node" />
/** The rules by which Turbopack has `.wasm` files from our loader. */

import { relative } from 'node:path'
import { DIST } from '../../bindings/runtime-files.js'
import { findComponents } from '../../disk/components.js'
import { createFilter } from '../../disk/glob.js'
import { loadPicomatch } from '../../disk/glob-path.js'
import { toSlashes } from '../../disk/paths.js'
import { problem } from '../../errors/raise.js'
import { type Options, resolveOptions } from '../options.js'
import { encodeOptions, type LoaderOptions, sealOf } from './loader-options.js'

/** `turbopack.rules` of next.config. */
export type Rules = Record<string, unknown>

/** Every name that ends so, in whatever case. */
export const GLOB = '*.[wW][aA][sS][mM]'

const LOADER = `${DIST}/plugin/next/loader.js`

/** What the rules are for. */
export interface Project {
  root: string
  /** Names of folders without sources. */
  skip: readonly string[]
  /** The version of Next.js, where its Turbopack knows no conditions. */
  unsupported: string | undefined
}

/**
 * The rules with ours among them. Components become JavaScript, everywhere that they are mentioned, so only those do that are
 * there by now, as modules; what else there is stays the file it is, judged.
 * @throws Diagnostic `PLUGIN_TWICE`, `OPTION_INVALID` where there are others for such files
 */
export function withRules(rules: Rules, options: Options, { root, skip, unsupported }: Project): Rules {
  refuseOthers(rules)
  const components = findComponents(root, skip).filter(createFilter(resolveOptions(options), root))
  const seal = sealOf(options, components, root)
  const use = (as: LoaderOptions['as']) => {
    const about = { as, options: encodeOptions(options), seal, ...(unsupported && { unsupported }) }
    return [{ loader: LOADER, options: about satisfies LoaderOptions }]
  }
  if (unsupported !== undefined) return { [GLOB]: { loaders: use('module'), as: '*.js' }, ...rules }
  const isComponent = { path: patternOf(components, root), query: OTHER_THAN_RAW }
  return {
    [GLOB]: [
      { condition: { all: [isComponent, 'browser'] }, loaders: use('module beside a file'), as: '*.js' },
      { condition: { all: [isComponent, { not: 'browser' }] }, loaders: use('module'), as: '*.js' },
      { condition: { not: isComponent }, loaders: use('file') },
    ],
    ...rules,
  }
}

/** What does not ask for the bytes that our own code refers to. */
const OTHER_THAN_RAW = /^(?!\?signed-wasm=)/

/** All rules that match run one after another, each on what the one before has made. */
function refuseOthers(rules: Rules): void {
  if (GLOB in rules) throw problem('PLUGIN_TWICE', {})
  const isMatch = (glob: string) =>
    ['hello.wasm', 'app/hello.wasm'].some((name) => loadPicomatch()(glob)(name))
  const other = Object.keys(rules).find(isMatch)
  if (other !== undefined)
    throw problem('OPTION_INVALID', {
      option: `turbopack.rules['${other}']`,
      must: 'left out: files that are called `.wasm` have a rule of ours, and `exclude` takes some out of it',
    })
}

/** Matches the ends of the paths, since what Turbopack counts them from may be a folder above the project. */
function patternOf(files: readonly string[], root: string): RegExp {
  const ends = files.map((file) => toSlashes(relative(root, file)).replace(/^(?:\.\.\/)+/, ''))
  return ends.length === 0 ? NOTHING : new RegExp(`(?:^|/)(?:${ends.map(escape).join('|')})$`)
}

const NOTHING = /^(?!)/

const escape = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
