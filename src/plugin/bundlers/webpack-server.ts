/// <reference types="node" />
/** The dev servers of webpack and Rspack, whose folders of static files no bundler ever sees. */

import { existsSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import type { Compiler } from 'webpack'
import { admitFolder } from '../admit-folder.js'
import type { Pipeline } from '../pipeline.js'
import { NAME } from './adapter.js'
import { guardFiles, type Serving } from './served-files.js'
import { logOf, refuseBy } from './webpack-output.js'

type Middleware = { name: string; middleware: Handler } | Handler
type Handler = (request: unknown, response: ServerResponse, next: () => void) => void

/** The part of `devServer` that we use. */
interface DevServerOptions {
  setupMiddlewares?: (middlewares: Middleware[], server: unknown) => Middleware[]
}

/**
 * Puts a guard before everything that such a server does: see {@link guardFiles}. The command line reads the options of the
 * server when plugins have been applied.
 */
export function guardDevServer(compiler: Compiler, pipeline: Pipeline): void {
  const options = compiler.options as { devServer?: DevServerOptions | false }
  if (options.devServer === undefined) judgeDefaultFolder(compiler, pipeline)
  if (!options.devServer) return
  const { setupMiddlewares = (all: Middleware[]) => all, ...rest }: DevServerOptions = options.devServer
  const serving = servingOf(compiler, pipeline)
  const middleware: Handler = (_, response, next) => {
    guardFiles(response, serving)
    next()
  }
  options.devServer = {
    ...rest,
    setupMiddlewares: (middlewares, server) => [
      { name: NAME, middleware },
      ...setupMiddlewares(middlewares, server),
    ],
  }
}

/**
 * Without options a server has a folder all the same. To give it some would start one for every configuration of several, so
 * the folder is judged when the bundler starts.
 */
function judgeDefaultFolder(compiler: Compiler, pipeline: Pipeline): void {
  const folder = resolve('public')
  if (process.env['WEBPACK_SERVE'] !== 'true' || !existsSync(folder)) return
  compiler.hooks.thisCompilation.tap(NAME, (compilation) => {
    const { warn } = logOf(compiler, compilation)
    refuseBy(compiler, compilation, () => admitFolder(folder, pipeline.gate, { watch: () => {}, warn }))
  })
}

function servingOf(compiler: Compiler, pipeline: Pipeline): Serving {
  const logger = compiler.getInfrastructureLogger(NAME)
  const said = new Set<string>()
  return {
    pipeline,
    log: { inform: (line) => logger.info(line), warn: (message) => logger.warn(message) },
    refused(message) {
      if (!said.has(message)) logger.error(message)
      said.add(message)
    },
  }
}
