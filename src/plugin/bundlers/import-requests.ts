/** Imports that ask for something else than exports: by their phase, or by an attribute. */

import { problem } from '../../errors/raise.js'
import type { Pipeline } from '../pipeline.js'
import { parseWasmId } from '../request.js'

/** What an import statement or expression says beside its specifier. */
export interface ImportRequest {
  specifier: string
  isSource: boolean
  /** The attribute `type`. */
  type: string | undefined
}

/** Whether an import with this attribute is for a file rather than for a module. @param type the attribute `type` */
export function asksForFile(type: string | undefined): boolean {
  return type !== undefined && type !== 'webassembly'
}

/** A first look that costs little, and that few other scripts pass: parsing is what costs. */
const SUSPECT =
  /\bimport\s+source\s+[^\s"'`]+\s+from\b|\bimport\s*\.\s*source\s*\(|["'`]\s*(?:with\s*\{|,\s*\{\s*["']?with["']?\s*:)/

interface ParsingContext {
  parse(code: string): unknown
  resolve(
    source: string,
    importer: string,
    options: { attributes: Record<string, string> },
  ): Promise<{ id: string; attributes?: Record<string, string> } | null>
}

/** A filter for a hook. Where it does not say itself what it excludes, bundlers ask its prototype. */
export function only(...include: RegExp[]): { include: RegExp[]; exclude: RegExp[] } {
  return { include, exclude: [] }
}

/**
 * The hook with which Rolldown and Vite refuse such imports of components: they know no source phase, and pass over
 * attributes unless `experimental.importAttributes` is on, so that an import would give something else than it asks for.
 */
export function refuseOtherRequests(pipeline: Pipeline) {
  return {
    order: 'post' as const, // scripts are JavaScript by then
    filter: { code: only(SUSPECT) },
    async handler(this: ParsingContext, code: string, importer: string) {
      if (!SUSPECT.test(code)) return null // older versions know no filter
      for (const request of requestsIn(this.parse(code)))
        await refuse(request, importer, { pipeline, context: this })
      return null
    },
  }
}

async function refuse(
  { specifier, isSource, type }: ImportRequest,
  importer: string,
  { pipeline, context }: { pipeline: Pipeline; context: ParsingContext },
): Promise<void> {
  const attributes = type === undefined ? {} : { type }
  const resolved = await context.resolve(specifier, importer, { attributes })
  // What the bundler knows of an attribute, it hands to `load`.
  const isLost = isSource || (asksForFile(type) && resolved?.attributes?.['type'] !== type)
  if (resolved === null || !isLost || !pipeline.claims(resolved.id)) return
  const { file } = parseWasmId(resolved.id)!
  if (pipeline.isCoreModule(file)) return
  const asks = isSource ? '`import source`' : `\`with { type: '${type}' }\``
  throw problem('IMPORT_UNSUPPORTED', { file: pipeline.gate.project.display(file), asks })
}

type Node = Readonly<Record<string, unknown>>

/** Those that say more than a specifier. */
export function requestsIn(tree: unknown): ImportRequest[] {
  return importsIn(tree).filter(({ isSource, type }) => isSource || type !== undefined)
}

/** The imports of a script. @param tree an ESTree of any bundler */
export function importsIn(tree: unknown): ImportRequest[] {
  const found: ImportRequest[] = []
  const waiting = [tree]
  while (waiting.length > 0) {
    const node = waiting.pop()
    if (typeof node !== 'object' || node === null) continue
    const request = requestOf(node as Node)
    if (request !== undefined) found.push(request)
    waiting.push(...Object.values(node))
  }
  return found
}

function requestOf(node: Node): ImportRequest | undefined {
  const specifier = textOf(node['source'])
  if (specifier === undefined) return undefined
  const attributes = (node['attributes'] as Node[] | undefined) ?? attributesIn(node['options'])
  return { specifier, isSource: node['phase'] === 'source', type: valueOf('type', attributes) }
}

/** Those of `import(specifier, { with: { … } })`, as far as they are written there. */
function attributesIn(options: unknown): Node[] {
  const properties = (node: unknown) => ((node as Node | null | undefined)?.['properties'] ?? []) as Node[]
  const held = properties(options).find((property) => nameOf(property) === 'with')
  return properties(held?.['value'])
}

function valueOf(name: string, attributes: readonly Node[]): string | undefined {
  return textOf(attributes.find((attribute) => nameOf(attribute) === name)?.['value'])
}

function nameOf({ key }: Node): unknown {
  return (key as Node | undefined)?.['name'] ?? textOf(key)
}

function textOf(literal: unknown): string | undefined {
  const value = (literal as Node | null | undefined)?.['value']
  return typeof value === 'string' ? value : undefined
}
