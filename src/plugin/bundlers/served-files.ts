/// <reference types="node" />
/** The files that a dev server sends as they are: judged by the rule of a build, just before they are sent. */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { sniffLayer } from '../../disk/read-file.js'
import { Diagnostic } from '../../errors/diagnostic.js'
import type { Admission } from '../admissions.js'
import type { BuildLog } from '../contexts.js'
import type { Pipeline } from '../pipeline.js'
import { parseWasmId } from '../request.js'
import { whenPiped } from './piped.js'

/** What a server has for its files. */
export interface Serving {
  pipeline: Pipeline
  log: BuildLog
  /** Says why a file was refused, each time that it is asked for. */
  refused(message: string): void
  /** Those that the server adds to every answer. */
  headers?: OutgoingHttpHeaders | undefined
}

/**
 * Judges the file that a response turns out to be for, if it is one, whatever it was asked for by: what is admitted is sent
 * from the verified buffer, and what is refused gets 403 and the reason. What the server does not send is none of ours.
 */
export function guardFiles(response: ServerResponse, serving: Serving): void {
  whenPiped(response, (file) => judge(file, response, serving))
}

/** What to send in the place of a file; nothing where that is the bundler's to handle. */
function judge(file: string, response: ServerResponse, { pipeline, log, refused, headers }: Serving) {
  if (parseWasmId(file) === undefined && sniffLayer(file) === undefined) return undefined
  const { gate } = pipeline
  try {
    const found = gate.admit(file, { watch: () => {}, warn: log.warn }, { isFile: true })
    const news = gate.packageWasm.isEmpty ? undefined : gate.packageWasm.describeNews()
    if (news !== undefined) log.inform(news)
    return found && (() => send(response, found, headers))
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error
    const { message } = error
    refused(message)
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
