/** The file lies where commands can look at it as builds do. */

import { problem } from '../../errors/raise.js'
import type { Demand } from '../candidate.js'

/** @see Yarn, "Plug'n'Play": packages stay in archives, into which only a Node that Yarn has started can look */
export const isReachable: Demand = ({ file, names, path }) => {
  const isZipped = path !== undefined && /\.zip\/node_modules\//i.test(path)
  return isZipped ? problem('PACKAGE_ZIPPED', { file, name: names[0]!.package! }) : undefined
}
