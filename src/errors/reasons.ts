/** Why bytes cannot be read: reasons as values, and their words. */

/** Why bytes cannot be read. `what` names the part of the file, where whoever reads it says so. */
const REASONS = {
  missing: (offset: number, what = 'a byte') => `${what} is missing at offset ${offset}`,
  'past end': (offset: number, length: number, left: number, what = 'what begins') =>
    `${what} at offset ${offset} runs past the end (${length} bytes, ${left} left)`,
  padded: (offset: number) => `a number at offset ${offset} is not written in its shortest form`,
  'too big': (offset: number, what = 'a number') => `${what} at offset ${offset} does not fit into 32 bits`,
  'left over': (offset: number, bytes: number) => `${bytes} unexpected bytes at offset ${offset}`,
  preamble: () => 'the first 8 bytes are no preamble of a core module or component',
  'section id': (id: number, offset: number) => `section id ${id} at offset ${offset} is out of range`,
  'not UTF-8': (offset: number) => `the section name at offset ${offset} is not UTF-8`,
  layer: (layer: string, offset: number) =>
    `its preamble says ${layer}, and the section at offset ${offset} cannot be one of a ${layer}`,
  'too many': (max: number, what: string) => `it holds more than ${max} ${what}`,
  depth: (maxDepth: number) => `components nest more than ${maxDepth} deep`,
  misplaced: (offset: number) =>
    `a signature section at offset ${offset}, where only the first section may be one`,
  header: (...bytes: number[]) => `unsupported version, content type or hash function (${bytes.join(', ')})`,
  keyless: () => 'it is a keyless section of wsc',
  'too many signatures': (maxChecks: number) =>
    `it holds too many signatures: to look for one by a trusted key takes more than ${maxChecks} checks`,
  'signature length': (bytes: number) => `an Ed25519 signature of ${bytes} bytes`,
  count: (count: number, max: number, offset: number) =>
    `a count of ${count} before offset ${offset}, where at most ${max} are possible`,
}

type Reasons = typeof REASONS

/** Why bytes cannot be read, as values: the kind of reason and what its words need. */
export type Reason = { [Kind in keyof Reasons]: [kind: Kind, ...Parameters<Reasons[Kind]>] }[keyof Reasons]

export function inWords(reason: string | Reason): string {
  if (typeof reason === 'string') return reason
  const [kind, ...values] = reason
  return (REASONS[kind] as (...values: unknown[]) => string)(...values)
}
