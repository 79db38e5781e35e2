/// <reference types="node" />
/** Which of two names TypeScript finds beside a component: the tsconfigs that take in its importers decide. */

import path from 'node:path'
import { includes, type Tsconfig } from '../../disk/tsconfig.js'
import type { EntryStyle } from '../types/entries.js'

/** Both names. Where both are there, TypeScript takes the first, and asks for its option. */
export const STYLES: readonly EntryStyle[] = ['extension', 'appended']

/** @param component absolute path */
export function entryStyle(configs: readonly Tsconfig[], component: string): EntryStyle {
  const isAppended = ({ needsExtensions, allowsArbitraryExtensions }: Tsconfig) =>
    !needsExtensions && !allowsArbitraryExtensions
  const asked = responsibleFor(configs, component)
  return asked.length > 0 && asked.every(isAppended) ? 'appended' : 'extension'
}

/**
 * A tsconfig without the option that the first name needs.
 * @returns `undefined` also where the second name is used
 */
export function lacksOption(configs: readonly Tsconfig[], component: string): Tsconfig | undefined {
  if (entryStyle(configs, component) === 'appended') return undefined
  return responsibleFor(configs, component).find((config) => !config.allowsArbitraryExtensions)
}

/** Those that take in what stands beside a component; where none does, all of them. */
function responsibleFor(configs: readonly Tsconfig[], component: string): readonly Tsconfig[] {
  const place = path.join(path.dirname(component), 'x.ts')
  const responsible = configs.filter((config) => includes(config, place))
  return responsible.length > 0 ? responsible : configs
}
