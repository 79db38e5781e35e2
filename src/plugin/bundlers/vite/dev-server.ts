/// <reference types="node" />
/** Vite's dev server: what it answers for `.wasm` files, and when it asks pages to reload. */

import type { ServerResponse } from 'node:http'
import type { Connect, DevEnvironment, ViteDevServer } from 'vite'
import { toSlashes } from '../../../disk/paths.js'
import type { Hex } from '../../../format/encoding.js'
import type { Admission } from '../../admissions.js'
import type { Pipeline } from '../../pipeline.js'
import { parseWasmId } from '../../request.js'
import { guardFiles } from '../served-files.js'
import { SERVED, type ViteContext, type ViteState } from './state.js'

function findServed({ served }: ViteState, digest: Hex): Admission | undefined {
  return [...served.values()].find(({ admitted }) => admitted.digest === digest)
}

/** Answers our own URLs, and judges all other files: see {@link guardFiles}. Module requests come to `load`. */
export function guard(
  pipeline: Pipeline,
  server: ViteDevServer,
  state: ViteState,
): Connect.NextHandleFunction {
  const { base, logger, server: options } = server.config
  const refused = (message: string) => {
    if (state.said.has(message)) return
    state.said.add(message)
    logger.error(message, { timestamp: true })
    server.environments.client.hot.send({ type: 'error', err: { message, stack: '' } })
  }
  const log = {
    inform: (line: string) => logger.info(line),
    warn: (message: string) => logger.warn(message),
  }
  return ({ url = '' }, response, next) => {
    if (url.startsWith(`${base}${SERVED}`))
      return answer(response, findServed(state, url.slice(base.length).split('/')[1]!)?.admitted.bytes)
    guardFiles(response, { pipeline, log, refused, headers: options.headers })
    next()
  }
}

function answer(response: ServerResponse, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return void response.writeHead(404).end()
  // The digest is in the URL, so the answer never changes.
  response
    .writeHead(200, { 'content-type': 'application/wasm', 'cache-control': 'max-age=31536000,immutable' })
    .end(bytes)
}

/**
 * Whether a dev server must not read a file for a page. Vite asks this before it loads what ends in `.wasm`, and with a
 * query behind that leaves it to whoever loads. Servers and tests of its own it trusts with every file.
 */
export function isKeptBack({ environment }: ViteContext, id: string, { isOpen, config }: ViteState): boolean {
  if (isOpen === undefined || environment.mode !== 'dev' || environment.config.consumer !== 'client')
    return false
  const file = parseWasmId(id)?.file
  return file !== undefined && !isOpen(config, toSlashes(file))
}

/** A module that failed in `load` takes no part in Vite's own updates, so ask for the reload ourselves. */
export function reload(pipeline: Pipeline, state: ViteState) {
  return function (this: { environment: DevEnvironment }, { file }: { file: string }) {
    const components = pipeline.gate.dependents.of(file)
    if (components.length === 0) return
    state.said.clear()
    if (parseWasmId(file) === undefined) pipeline.gate.forgetPolicy()
    const { moduleGraph, hot } = this.environment
    for (const component of components) {
      for (const module of moduleGraph.getModulesByFile(component) ?? []) moduleGraph.invalidateModule(module)
    }
    hot.send({ type: 'full-reload' })
    return []
  }
}
