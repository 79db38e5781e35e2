/** JSON from strangers as plain values: bounded before anything is made of it, each name once, nothing inherited. */

import { type JsonNode, readJson } from './json.js'

/** Ordinary bundles have a hundred. */
const MAX_MARKS = 4_096

/**
 * Reads a text that is one JSON value. Objects have no prototype.
 * @throws what `fault` makes of the first thing that is wrong
 */
export function readPlainJson(text: string, fault: (reason: string) => Error): unknown {
  const mark = /[[{,]/g
  for (let marks = 0; mark.test(text); marks++)
    if (marks === MAX_MARKS) throw fault('it holds too many values')
  return plain(readJson(text, (_, reason) => fault(`it is no JSON that can be read: ${reason}`)))
}

function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.assign(
        Object.create(null),
        ...node.members.map(({ name, value }) => ({ [name]: plain(value) })),
      ) as unknown
    case 'list':
      return node.items.map(plain)
    case 'null':
      return null
    default:
      return node.value
  }
}
