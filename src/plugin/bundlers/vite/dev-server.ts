/// <reference types="node" />
/** Vite's dev server: what it answers for `.wasm` files, and when it asks pages to reload. */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Connect, DevEnvironment, ViteDevServer } from 'vite'
import { sniffLayer } from '../../../disk/read-file.js'
import { Diagnostic } from '../../../errors/diagnostic.js'
import type { Hex } from '../../../format/encoding.js'
import type { Admission } from '../../admissions.js'
import type { Pipeline } from '../../pipeline.js'
import { parseWasmId } from '../../request.js'
import { whenPiped } from './piped.js'
import { SERVED, type ViteState } from './state.js'

function findServed({ served }: ViteState, digest: Hex): Admission | undefined {
  return [...served.values()].find(({ admitted }) => admitted.digest === digest)
}

/**
 * Answers our own URLs, and judges every other file just before Vite sends it, whatever it was asked for by: what is
 * admitted is sent from the verified buffer, and what is refused gets 403 and the reason, which the overlay shows once.
 * What Vite does not send is none of ours. Module requests come to `load`.
 */
export function guard(
  pipeline: Pipeline,
  server: ViteDevServer,
  state: ViteState,
): Connect.NextHandleFunction {
  const { base } = server.config
  return ({ url = '' }, response, next) => {
    if (url.startsWith(`${base}${SERVED}`))
      return answer(response, findServed(state, url.slice(base.length).split('/')[1]!)?.admitted.bytes)
    whenPiped(response, (file) => judge(file, response, { pipeline, server, state }))
    next()
  }
}

interface Serving {
  pipeline: Pipeline
  server: ViteDevServer
  state: ViteState
}

/** What to send in the place of a file; nothing where that is the bundler's to handle. */
function judge(file: string, response: ServerResponse, { pipeline, server, state }: Serving) {
  if (parseWasmId(file) === undefined && sniffLayer(file) === undefined) return undefined
  const { logger, server: options } = server.config
  const { gate } = pipeline
  try {
    const found = gate.admit(file, { watch: () => {}, warn: (message) => logger.warn(message) })
    const news = gate.packageWasm.isEmpty ? undefined : gate.packageWasm.describeNews()
    if (news !== undefined) logger.info(news)
    return found && (() => send(response, found, options.headers))
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
    const { message } = error
    if (!state.said.has(message)) {
      state.said.add(message)
      logger.error(message, { timestamp: true })
      server.environments.client.hot.send({ type: 'error', err: { message, stack: '' } })
    }
    return () => void response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' }).end(message)
  }
}

function send(
  response: ServerResponse,
  { admitted: { bytes } }: Admission,
  headers: OutgoingHttpHeaders | undefined,
): void {
  response
    .writeHead(200, {
      ...headers,
      'content-type': 'application/wasm',
      'content-length': bytes.length,
      'cache-control': 'no-cache',
    })
    .end(bytes)
}

function answer(response: ServerResponse, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return void response.writeHead(404).end()
  // The digest is in the URL, so the answer never changes.
  response
    .writeHead(200, { 'content-type': 'application/wasm', 'cache-control': 'max-age=31536000,immutable' })
    .end(bytes)
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
