/// <reference types="node" />
/** Vite: client and server builds, the dev server, dev SSR and Vitest. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { dirname, join, resolve } from 'node:path'
import { createVitePlugin, type UnpluginOptions } from 'unplugin'
import type { Connect, DevEnvironment, Environment, ResolvedConfig, UserConfig, ViteDevServer } from 'vite'
import { Diagnostic } from '../../errors.js'
import type { Hex } from '../../format/bytes.js'
import { INLINE, relativeUrl, type VerifiedFile } from '../assets.js'
import type { ComponentSource } from '../codegen.js'
import type { Pipeline } from '../component.js'
import { packagesWithComponents } from '../packages.js'
import { DIST } from '../runtime-files.js'
import { parseWasmId } from '../source.js'
import { SHIM_PACKAGES } from '../wasi.js'
import { NAME, refuseSecond, sharedHooks } from './bundler.js'
import {
  emit,
  awaitHooks,
  resolveShim,
  type RollupContext,
  rollupHost,
  rollupLog,
  sweepBundle,
} from './rollup.js'

type ViteContext = RollupContext & { environment: Environment }

interface ViteState {
  config: ResolvedConfig
  /** What servers must not leave to Node, once it is looked up. */
  packages: string[] | undefined
  /** Files emitted by server builds, by reference: Vite drops the assets of these. */
  emitted: Map<string, VerifiedFile>
  /** What the dev server answers, by file, so that an old content goes with its file. */
  served: Map<string, VerifiedFile>
}

/** The hooks for `vite`. */
export function viteHooks(pipeline: Pipeline): Partial<UnpluginOptions> {
  const awaiting = awaitHooks(pipeline)
  const state = { emitted: new Map(), served: new Map() } as unknown as ViteState
  const shared = sharedHooks(pipeline, {
    log: (context) => rollupLog(context as unknown as RollupContext),
    host: (context) => ({
      ...viteHost(context as unknown as ViteContext, state),
      lacksAwait: awaiting.lacksAwait(),
    }),
  })
  return {
    ...shared,
    buildStart() {
      shared.buildStart!.call(this)
      judgePublicFolder(pipeline, this as unknown as ViteContext, state.config)
    },
    vite: {
      config({ root = '.', worker }) {
        state.packages = undefined
        pipeline.configure({ root: resolve(root) })
        return {
          // Otherwise the dev server finds these late and reloads the page in order to bundle them.
          optimizeDeps: { exclude: SHIM_PACKAGES },
          worker: workers(pipeline, { shared, format: worker?.format }),
        }
      },
      configEnvironment(name, { consumer = name === 'client' ? 'client' : 'server' }) {
        if (consumer === 'client') return null
        state.packages ??= packagesWithComponents(pipeline.root)
        return { resolve: { external: SHIM_PACKAGES, noExternal: state.packages } }
      },
      configResolved(config) {
        refuseSecond(config.plugins)
        state.config = config
        config.server.fs.allow.push(DIST)
        pipeline.configure({ root: config.root, command: config.command })
      },
      async configureServer(server) {
        // Only here is Vite sure to be installed.
        const { isFileServingAllowed } = await import('vite')
        const allows = (file: string) => isFileServingAllowed(server.config, file)
        server.middlewares.use(guard(pipeline, server, { state, allows }))
      },
      hotUpdate: { order: 'pre', handler: reload(pipeline) },
      resolveId: resolveShim(pipeline),
      resolveFileUrl: serverFileUrl(state),
      ...awaiting.hooks,
      generateBundle: sweepBundle(pipeline),
      writeBundle: writeServerFiles(state),
    },
  }
}

/**
 * Builds bundle each web worker on its own, with plugins of its own; the dev server does not. Of ours they get what
 * loads files, behind the same policy. The sweep of the main bundle sees the finished workers.
 * @param about.format of the user; the default of Vite, `iife`, allows no top-level await, which all browsers that
 * Vite 7 and 8 build for do allow in a worker
 */
function workers(
  pipeline: Pipeline,
  about: { shared: Pick<UnpluginOptions, 'load' | 'loadInclude'>; format: 'es' | 'iife' | undefined },
): NonNullable<UserConfig['worker']> {
  const { load, loadInclude } = about.shared
  const plugin = createVitePlugin(() => ({
    name: NAME,
    enforce: 'pre',
    load,
    loadInclude,
    vite: {
      configResolved: ({ plugins }) => refuseSecond(plugins),
      resolveId: resolveShim(pipeline),
      // Rollup, and so Vite 7, would look for a `document`.
      resolveFileUrl: ({ format, relativePath }: { format: string; relativePath: string }) =>
        format === 'iife' ? `new URL(${JSON.stringify(relativePath)}, self.location.href).href` : null,
    },
  }))
  return { format: about.format ?? 'es', plugins: () => [plugin()] }
}

function viteHost(context: ViteContext, state: ViteState) {
  const { consumer } = context.environment.config
  const ship: Record<
    'dev' | 'build',
    Record<'client' | 'server', (file: VerifiedFile) => ComponentSource>
  > = {
    build: {
      client: rollupHost(context).ship,
      server: (file) => {
        if (isMovedAway(context.environment.config)) return INLINE
        const reference = emit(context, file)
        state.emitted.set(reference, file)
        return relativeUrl(`import.meta.ROLLUP_FILE_URL_${reference}`)
      },
    },
    dev: {
      client: (file) => {
        state.served.set(file.file, file)
        return relativeUrl(`/* @vite-ignore */ ${JSON.stringify(servedPath(state.config.base, file))}`)
      },
      server: () => INLINE,
    },
  }
  return {
    ...rollupHost(context),
    ship: ship[context.environment.mode === 'dev' ? 'dev' : 'build'][consumer],
  }
}

/**
 * Whether a framework parts the scripts of a server from the files beside them: it asks for these files in order to move
 * them to those for browsers (Astro, React Router, SvelteKit), or it bundles the scripts once more (Nuxt, Nitro).
 */
function isMovedAway({ build, plugins }: Environment['config']): boolean {
  return build.emitAssets || plugins.some(({ name }) => /^(?:nuxt|nitro)\b/.test(name))
}

const SERVED = '@signed-wasm/'

function servedPath(base: string, { digest, name }: VerifiedFile): string {
  return `${base}${SERVED}${digest}/${encodeURIComponent(name)}`
}

function findServed({ served }: ViteState, digest: Hex): VerifiedFile | undefined {
  return [...served.values()].find((file) => file.digest === digest)
}

/** Vite copies this folder as it is, so nothing in it ever reaches `load`. */
function judgePublicFolder(
  pipeline: Pipeline,
  context: ViteContext,
  { command, publicDir, build }: ResolvedConfig,
): void {
  if (command === 'build' && build.copyPublicDir && publicDir !== '' && existsSync(publicDir)) {
    pipeline.admitFolder(publicDir, rollupHost(context))
  }
}

/**
 * Answers our own URLs and raw requests for `.wasm` files from the verified buffer, since Vite would read
 * the file again. Module requests go on to `load`, whose refusal the overlay shows.
 * @param about.allows `server.fs` of Vite, which keeps the last word on what is sent
 */
function guard(
  pipeline: Pipeline,
  { config }: ViteDevServer,
  { state, allows }: { state: ViteState; allows: (file: string) => boolean },
): Connect.NextHandleFunction {
  const host = { watch: () => {}, warn: (message: string) => config.logger.warn(message) }
  return (request, response, next) => {
    const { path, query } = splitUrl(request.url ?? '', config.base)
    if (path.startsWith(`/${SERVED}`)) return answer(response, findServed(state, path.split('/')[2]!)?.bytes)
    if (parseWasmId(path) === undefined || query.has('import')) return next()
    try {
      const admitted = servedFiles(path, config).map((file) => ({ file, found: pipeline.admit(file, host) }))
      // As Vite does, the public folder first.
      const { file, found } = admitted.findLast((one) => one.found !== undefined) ?? {}
      if (file === undefined || found === undefined || !allows(file)) return next()
      const { bytes } = found
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
function reload(pipeline: Pipeline) {
  return function (this: { environment: DevEnvironment }, { file }: { file: string }) {
    const components = pipeline.dependents(file)
    if (components.length === 0) return
    if (parseWasmId(file) === undefined) pipeline.forgetKeys()
    const { moduleGraph, hot } = this.environment
    for (const component of components) {
      for (const module of moduleGraph.getModulesByFile(component) ?? []) moduleGraph.invalidateModule(module)
    }
    hot.send({ type: 'full-reload' })
    return []
  }
}

/** In a server build Vite would make this a path on the web server. */
function serverFileUrl({ emitted }: ViteState) {
  return ({ referenceId, relativePath }: { referenceId: string; relativePath: string }) =>
    emitted.has(referenceId) ? `new URL(${JSON.stringify(relativePath)}, import.meta.url).href` : null
}

/** Writes what Vite leaves out of server builds, which it takes for a copy of the client's assets. */
function writeServerFiles({ emitted }: ViteState) {
  return function (this: RollupContext, { dir }: { dir?: string | undefined }) {
    for (const [reference, { bytes }] of emitted) {
      const path = join(dir ?? '.', this.getFileName(reference))
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, bytes)
    }
    emitted.clear()
  }
}
