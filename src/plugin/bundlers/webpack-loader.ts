/// <reference types="node" />
/**
 * The loader by which webpack and Rspack have whole modules from us. It answers on the way in, where that is the end of it:
 * neither the loaders of other rules are asked then, nor is a file read.
 */

import loadOfRspack from 'unplugin/rspack/loaders/load'
import loadOfWebpack from 'unplugin/webpack/loaders/load'
import type { LoaderContext } from 'webpack'

/** What a rule says with it. */
export interface Answering {
  framework: keyof typeof LOADS
  /** Read by the loaders of unplugin. */
  plugin: object
}

type LoadLoader = (this: LoaderContext<Answering>) => Promise<void>

// Their types demand contexts of their own bundlers, and what only the way out has.
const LOADS = {
  webpack: loadOfWebpack as unknown as LoadLoader,
  rspack: loadOfRspack as unknown as LoadLoader,
}

/** Called on the way in. Without an answer, all is as if there were no such loader. */
export function pitch(this: LoaderContext<Answering>): void {
  // oxlint-disable-next-line oxc/no-this-in-exported-function -- a loader has its context by no other way
  void LOADS[this.getOptions().framework].call(this)
}

/** Text would change bytes that are none. */
export const raw = true

/** Called on the way out, when there was no answer. */
export default function pass(content: Buffer): Buffer {
  return content
}
