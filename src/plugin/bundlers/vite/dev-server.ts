/// <reference types="node" />
/** Vite's dev server: what it answers for `.wasm` files, and when it asks pages to reload. */

import type { ServerResponse } from 'node:http'
import { join, resolve } from 'node:path'
import type { Connect, DevEnvironment, ResolvedConfig, ViteDevServer } from 'vite'
import { Diagnostic } from '../../../errors/diagnostic.js'
import type { Hex } from '../../../format/encoding.js'
import type { Admission } from '../../admissions.js'
import type { Pipeline } from '../../pipeline.js'
import { parseWasmId } from '../../request.js'
import { SERVED, type ViteState } from './state.js'

function findServed({ served }: ViteState, digest: Hex): Admission | undefined {
  return [...served.values()].find(({ admitted }) => admitted.digest === digest)
}

/**
 * Answers our own URLs and raw requests for `.wasm` files from the verified buffer, since Vite would read
 * the file again. Module requests go on to `load`, whose refusal the overlay shows.
 * @param about.allows `server.fs` of Vite, which keeps the last word on what is sent
 */
export function guard(
  pipeline: Pipeline,
  { config }: ViteDevServer,
  { state, allows }: { state: ViteState; allows: (file: string) => boolean },
): Connect.NextHandleFunction {
  const context = { watch: () => {}, warn: (message: string) => config.logger.warn(message) }
  return (request, response, next) => {
    const { path, query } = splitUrl(request.url ?? '', config.base)
    if (path.startsWith(`/${SERVED}`))
      return answer(response, findServed(state, path.split('/')[2]!)?.admitted.bytes)
    if (parseWasmId(path) === undefined || query.has('import')) return next()
    try {
      const admitted = servedFiles(path, config).map((file) => ({
        file,
        found: pipeline.gate.admit(file, context),
      }))
      // As Vite does, the public folder first.
      const { file, found } = admitted.findLast((one) => one.found !== undefined) ?? {}
      if (file === undefined || found === undefined || !allows(file)) return next()
      const { bytes } = found.admitted
      response
        .writeHead(200, {
          ...config.server.headers,
          'content-type': 'application/wasm',
          'content-length': bytes.length,
          'cache-control': 'no-cache',
        })
        .end(bytes)
    } catch (error) {
      if (!(error instanceof Diagnostic)) return next(error)
      config.logger.error(error.message, { timestamp: true })
      response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' }).end(error.message)
    }
  }
}

function answer(response: ServerResponse, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return void response.writeHead(404).end()
  // The digest is in the URL, so the answer never changes.
  response
    .writeHead(200, { 'content-type': 'application/wasm', 'cache-control': 'max-age=31536000,immutable' })
    .end(bytes)
}

function splitUrl(url: string, base: string): { path: string; query: URLSearchParams } {
  const [, pathname = '', search = ''] = /^([^?#]*)\??([^#]*)/.exec(url) ?? []
  const path = decode(pathname)
  return {
    path: path.startsWith(base) ? `/${path.slice(base.length)}` : path,
    query: new URLSearchParams(search),
  }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    // Not a path that any file has; Vite answers 400 or 404.
    return path
  }
}

function servedFiles(path: string, { root, publicDir }: ResolvedConfig): string[] {
  if (path.startsWith('/@fs/')) return [resolve('/', path.slice('/@fs/'.length))]
  return [join(root, path), ...(publicDir === '' ? [] : [join(publicDir, path)])]
}

/** A module that failed in `load` takes no part in Vite's own updates, so ask for the reload ourselves. */
export function reload(pipeline: Pipeline) {
  return function (this: { environment: DevEnvironment }, { file }: { file: string }) {
    const components = pipeline.gate.dependents.of(file)
    if (components.length === 0) return
    if (parseWasmId(file) === undefined) pipeline.gate.forgetPolicy()
    const { moduleGraph, hot } = this.environment
    for (const component of components) {
      for (const module of moduleGraph.getModulesByFile(component) ?? []) moduleGraph.invalidateModule(module)
    }
    hot.send({ type: 'full-reload' })
    return []
  }
}
