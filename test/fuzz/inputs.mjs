// Hostile inputs of any size: each is made of one small unit, over and over. Nothing of `src` is used, so that it can disagree.

const COMPONENT = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00)
const CORE = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)

/** LEB128 of an unsigned number. @param {number} value */
function leb(value) {
  const digits = []
  do {
    digits.push(value % 128)
    value = Math.floor(value / 128)
  } while (value > 0)
  return digits.map((digit, index) => (index < digits.length - 1 ? digit + 128 : digit))
}

/** @param {readonly ArrayLike<number>[]} parts */
function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** So many bytes of a unit, over and over. @param {ArrayLike<number>} unit @param {number} size */
function fill(unit, size) {
  const count = Math.max(1, Math.floor(size / unit.length))
  const whole = new Uint8Array(count * unit.length)
  whole.set(unit)
  for (let done = unit.length; done < whole.length; done *= 2) whole.copyWithin(done, 0, done)
  return whole
}

/** @param {number} id @param {ArrayLike<number>} payload */
const section = (id, payload) => join([id], leb(payload.length), payload)

/** A list of one item, over and over. @param {number} id @param {ArrayLike<number>} item @param {number} size */
function list(id, item, size) {
  const items = fill(item, size)
  return section(id, join(leb(items.length / item.length), items))
}

/** A component of these sections. @param {readonly ArrayLike<number>[]} sections */
export const component = (...sections) => join(COMPONENT, ...sections)

/** A core module of these sections. @param {readonly ArrayLike<number>[]} sections */
export const coreModule = (...sections) => join(CORE, ...sections)

const DELIMITER = section(0, join([19], Buffer.from('signature_delimiter')))

/** Makers of whole files by what they are full of. @type {Record<string, (size: number) => Uint8Array>} */
export const FILES = {
  'empty sections': (size) => component(fill([2, 0], size)),
  'custom sections without a name': (size) => component(fill([0, 1, 0], size)),
  delimiters: (size) => component(fill(DELIMITER, size)),
  'one long name': (size) => component(section(0, join(leb(size), fill([0x61], size)))),
  'one long name of control characters': (size) => component(section(0, join(leb(size), fill([1], size)))),
  'one long name of four-byte characters': (size) =>
    component(section(0, join(leb(size & ~3), fill([0xf0, 0x9f, 0x98, 0x80], size & ~3)))),
  'core modules full of empty sections': (size) =>
    component(fill(section(1, coreModule(fill([4, 1, 0], 30_000))), size)),
  'components full of custom sections': (size) =>
    component(fill(section(4, component(fill([0, 1, 0], 30_000))), size)),
  'empty components': (size) => component(fill(section(4, component()), size)),
  'exports without a name': (size) => component(list(11, [0, 0, 1, 0, 0], size)),
  'imports with long names': (size) =>
    component(list(10, join([0], leb(4000), fill([0x61], 4000), [1, 0]), size)),
  aliases: (size) => component(list(6, [1, 2, 0, 0], size)),
  'core instances without exports': (size) => component(list(2, [1, 0], size)),
  'exports of a core module': (size) => component(section(1, coreModule(list(7, [1, 0x61, 0, 0], size)))),
}

/** Components in one another, so many of them. @param {number} depth */
export function nested(depth) {
  let file = component()
  for (let left = depth; left > 0; left--) file = component(section(4, file))
  return file
}

/**
 * Signature data of so many sets with so many records each, over one hash.
 * @param {{ sets: number, records: number, hash: Uint8Array, signature: Uint8Array, keyId?: ArrayLike<number> }} of
 */
export function signatureData({ sets, records, hash, signature, keyId = [] }) {
  const record = join(leb(keyId.length), keyId, [1, 64], signature)
  const prefixed = join(leb(record.length), record)
  const set = join([1], hash, leb(records), fill(prefixed, prefixed.length * records))
  const prefixedSet = join(leb(set.length), set)
  return join([1, 1, 1], leb(sets), fill(prefixedSet, prefixedSet.length * sets))
}

/** A component that carries this signature data and nothing more. @param {Uint8Array} data */
export const carrying = (data) => component(section(0, join([9], Buffer.from('signature'), data)))
