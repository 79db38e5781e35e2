/** Where `signed-wasm sign` puts what it makes. */

import path from 'node:path'
import { about, damaged, problem } from '../errors/raise.js'
import { decodeSignature } from '../format/signature.js'
import { readSections } from '../format/wasm.js'
import type { Signed } from '../trust/sign.js'
import { type Invocation, type Options, UsageError, type Values } from './define-command.js'
import { STANDARD } from './disk.js'
import { DETACHED, SIGNATURE_FILE } from './input.js'
import type { Io } from './io.js'
import { assertApart, assertFree, FORCE, OUTPUT } from './output.js'

/** The ways to say where to. */
export const PLACES = {
  write: { type: 'boolean', default: false, help: 'sign the files in place' },
  output: { ...OUTPUT.output, help: 'write the signed file there; for one file' },
  'out-dir': {
    type: 'string',
    value: '<folder>',
    help: 'write the signed files there, under their own names',
  },
  'signature-file': {
    ...SIGNATURE_FILE['signature-file'],
    help: 'write the signature there, detached, or add to the one there; for one file',
  },
  detached: {
    ...DETACHED.detached,
    help: 'write each signature to <file>.sig, or add to the one there, and leave the file as it is',
  },
  replace: { type: 'boolean', default: false, help: 'drop the signatures that are there' },
  ...FORCE,
} as const satisfies Options

type PlaceInvocation = Pick<Invocation<typeof PLACES>, 'values' | 'io'>

/** Where what comes of one file goes. */
export interface Place {
  file: string
  /** The signed file, or the file in the form that the signature is over; nothing when it stays as it is. */
  target: string | undefined
  /** The detached signature. */
  signature: string | undefined
}

/**
 * Finds the places, and looks whether all of them can be written to, before any is.
 * @param kept what must not be written over
 * @throws UsageError when not exactly one way is asked for; Diagnostic `OUTPUT_CLASH`, `FILE_EXISTS`
 */
export function placesOf(
  files: readonly string[],
  { values, io }: PlaceInvocation,
  kept: readonly string[],
): Place[] {
  const { output, 'out-dir': folder, 'signature-file': signatureFile, write } = values
  const isDetached = values.detached || signatureFile !== undefined
  const ways = [output, folder, write || undefined].filter((way) => way !== undefined).length
  if (ways > 1 || (ways === 0 && !isDetached))
    throw new UsageError('say where to: --write, -o <file>, --out-dir <folder> or --detached')
  if (files.includes(STANDARD)) assertNamed({ values, isDetached })
  const places = files.map((file): Place => {
    const besides = write ? file : undefined
    return {
      file,
      target: output ?? (folder === undefined ? besides : path.join(folder, path.basename(file))),
      signature: isDetached ? (signatureFile ?? `${file}.sig`) : undefined,
    }
  })
  const outputs = places.flatMap(({ target, signature }) =>
    [target, signature].filter((one) => one !== undefined),
  )
  if (folder !== undefined) assertOwnNames(files)
  assertApart(outputs, { kept, io })
  const targets = places.flatMap(({ target }) => target ?? [])
  if (!write) assertFree(targets, { values, io })
  return places
}

/** What comes from standard input has no name that others could be made of. */
function assertNamed({ values, isDetached }: { values: Values<typeof PLACES>; isDetached: boolean }): void {
  const lacksSignature = isDetached && values['signature-file'] === undefined
  if (values.write || values['out-dir'] !== undefined || lacksSignature)
    throw new UsageError('what is read from standard input has no name: use -o <file>, or -S <file>')
}

/** On some systems `A.wasm` and `a.wasm` are one file, and what is signed here may be unpacked there. */
function assertOwnNames(files: readonly string[]): void {
  const names = new Map<string, string>()
  for (const file of files) {
    const name = path.basename(file).normalize().toLowerCase()
    const other = names.get(name)
    if (other !== undefined)
      throw problem('OUTPUT_CLASH', { file, other: `${other}, which has the same name` })
    names.set(name, file)
  }
}

/**
 * The detached signature that is there already, to be added to.
 * @returns nothing where there is none, or it is to be replaced
 * @throws Diagnostic `SIGNATURE_INVALID` for a file that is no signature, unless `--force` gives it up
 */
export function readExisting({ signature }: Place, { values, io }: PlaceInvocation): Uint8Array | undefined {
  if (signature === undefined || !io.isTaken(signature) || (values.replace && values.force)) return undefined
  const bytes = io.read(signature)
  about(signature, () => decodeSignature(bytes, damaged))
  return values.replace ? undefined : bytes
}

/** Writes what was made of one file. @throws Diagnostic */
export function writeSigned(
  { file, target, signature }: Place,
  signed: Signed,
  { values, io }: PlaceInvocation,
): void {
  if (signature !== undefined) io.write(signature, signed.signature, { replace: true })
  if (target !== undefined)
    io.write(target, signature === undefined ? signed.bytes : signed.original, {
      replace: values.force || values.write,
      makeFolder: values['out-dir'] !== undefined,
    })
  io.out(signature === undefined ? `signed ${target}` : `signed ${file}: ${signature}`)
}

/** What other implementations of the format read at most, so that a publisher learns of it before their users. */
const OTHERS = { sections: 4096, sectionBytes: 16 * 2 ** 20 } as const

/** Warns about a file that other implementations would refuse for its size. */
export function warnAboutOthers({ file }: Place, { bytes }: Signed, io: Io): void {
  const { sections } = readSections(bytes)
  const longest = sections.reduce((max, { payloadStart, end }) => Math.max(max, end - payloadStart), 0)
  const excess =
    sections.length > OTHERS.sections
      ? `has ${sections.length} sections, and other implementations read at most ${OTHERS.sections}`
      : `has a section of ${longest} bytes, and other implementations read at most ${OTHERS.sectionBytes}`
  if (sections.length > OTHERS.sections || longest > OTHERS.sectionBytes)
    io.err(`warning: ${file} ${excess}`, '  hint: verify it with the tools that your users have')
}
