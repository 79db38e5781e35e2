/**
 * Declarations of the files that people and commands write: each says once what a value is, and gives the type, the check that
 * names a place, and the JSON Schema.
 */

import { nearest } from '../errors/nearest.js'
import type { JsonFault, JsonNode } from '../format/json.js'

/** What a value in a file must be. */
export interface Shape<T> {
  /** What it "must be", in words. */
  must: string
  /** @throws what `fault` makes of the first place that is something else */
  read(node: JsonNode, fault: JsonFault): T
  /** @see JSON Schema, draft-07 */
  schema: JsonSchema
}

/** A schema as an object of JSON. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** The type of what a shape reads. */
export type TypeOf<S> = S extends Shape<infer T> ? T : never

/** A value with where it begins in its text. */
export interface Placed<T> {
  at: number
  value: T
}

/** A text, of a pattern where one is given. */
export function text({ pattern, must = 'a text' }: { pattern?: RegExp; must?: string } = {}): Shape<string> {
  return {
    must,
    schema: { type: 'string', ...(pattern ? { pattern: pattern.source } : { minLength: 1 }) },
    read(node, fault) {
      if (node.kind === 'text' && (pattern?.test(node.value) ?? node.value !== '')) return node.value
      throw fault(node.at, `this must be ${must}`)
    },
  }
}

/** One of these texts. */
export function choice<const T extends string>(...values: readonly T[]): Shape<T> {
  const must = `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`
  return {
    must,
    schema: { enum: values },
    read(node, fault) {
      const found = node.kind === 'text' ? values.find((value) => value === node.value) : undefined
      if (found !== undefined) return found
      const meant = node.kind === 'text' ? nearest(node.value, values) : undefined
      throw fault(node.at, `this must be ${must}${meant === undefined ? '' : `; did you mean "${meant}"?`}`)
    },
  }
}

/** `true` or `false`. */
export const flag: Shape<boolean> = {
  must: 'true or false',
  schema: { type: 'boolean' },
  read(node, fault) {
    if (node.kind === 'boolean') return node.value
    throw fault(node.at, 'this must be true or false')
  },
}

/** A whole number of at least `least`. */
export function count(least: number): Shape<number> {
  const must = `a whole number, ${least} or more`
  return {
    must,
    schema: { type: 'integer', minimum: least, maximum: Number.MAX_SAFE_INTEGER },
    read(node, fault) {
      if (node.kind === 'number' && Number.isSafeInteger(node.value) && node.value >= least) return node.value
      throw fault(node.at, `this must be ${must}`)
    },
  }
}

/** A list. @param least how many items it has at least */
export function list<T>(item: Shape<T>, least = 0): Shape<T[]> {
  const must = `a list of which each item is ${item.must}${least > 0 ? ', not an empty one' : ''}`
  return {
    must,
    schema: { type: 'array', items: item.schema, ...(least > 0 && { minItems: least }) },
    read(node, fault) {
      if (node.kind !== 'list' || node.items.length < least) throw fault(node.at, `this must be ${must}`)
      return node.items.map((one) => item.read(one, fault))
    },
  }
}

/** An item, or a list of items. */
export function oneOrMore<T>(item: Shape<T>): Shape<T[]> {
  const many = list(item, 1)
  return {
    must: `${item.must}, or a list of such`,
    schema: { anyOf: [item.schema, many.schema] },
    read: (node, fault) => (node.kind === 'list' ? many.read(node, fault) : [item.read(node, fault)]),
  }
}

/** The one of two shapes that is an object, or the other. */
export function orObject<T, O>(plain: Shape<T>, other: Shape<O>): Shape<T | O> {
  return {
    must: `${plain.must}, or ${other.must}`,
    schema: { anyOf: [plain.schema, other.schema] },
    read: (node, fault): T | O => (node.kind === 'object' ? other : plain).read(node, fault),
  }
}

/** The one of two objects that has a member of this name, which the other knows not; or that other. */
export function byMember<A, B>(name: string, having: Shape<A>, other: Shape<B>): Shape<A | B> {
  return {
    must: `${other.must}, or ${having.must}`,
    schema: { anyOf: [having.schema, other.schema] },
    read(node, fault): A | B {
      const has = node.kind === 'object' && node.members.some((member) => member.name === name)
      return (has ? having : other).read(node, fault)
    },
  }
}

/** The same, with its place. */
export function placed<T>(shape: Shape<T>): Shape<Placed<T>> {
  return { ...shape, read: (node, fault) => ({ at: node.at, value: shape.read(node, fault) }) }
}

/** An object whose names are the author's. @param name of each */
export function dictionary<T>(
  name: { pattern: RegExp; must: string },
  value: Shape<T>,
): Shape<Map<string, Placed<T>>> {
  const must = `an object in which each value is ${value.must}`
  return {
    must,
    schema: {
      type: 'object',
      propertyNames: { pattern: name.pattern.source },
      additionalProperties: value.schema,
    },
    read(node, fault) {
      if (node.kind !== 'object') throw fault(node.at, `this must be ${must}`)
      const entries = node.members.map((member) => {
        if (!name.pattern.test(member.name)) throw fault(member.at, `this name must be ${name.must}`)
        return [member.name, { at: member.at, value: value.read(member.value, fault) }] as const
      })
      return new Map(entries)
    },
  }
}

/** One member of an object. */
export interface Field<T> {
  shape: Shape<T>
  /** A sentence for editors and the README. */
  help: string
  isRequired?: true
}

/** The members of an object, by name. */
export type Fields = Readonly<Record<string, Field<unknown>>>

type ObjectOf<F extends Fields> = {
  [Name in keyof F as F[Name] extends { isRequired: true } ? Name : never]: TypeOf<F[Name]['shape']>
} & {
  [Name in keyof F as F[Name] extends { isRequired: true } ? never : Name]?: TypeOf<F[Name]['shape']>
}

/** An object of these members, and no others. @param must what it is, in words */
export function object<const F extends Fields>(must: string, fields: F): Shape<ObjectOf<F>> {
  const names = Object.keys(fields)
  const required = names.filter((name) => fields[name]!.isRequired)
  return {
    must,
    schema: {
      type: 'object',
      properties: Object.fromEntries(
        names.map((name) => [name, { description: fields[name]!.help, ...fields[name]!.shape.schema }]),
      ),
      ...(required.length > 0 && { required }),
      additionalProperties: false,
    },
    read(node, fault) {
      if (node.kind !== 'object') throw fault(node.at, `this must be ${must}`)
      const values = Object.create(null) as Record<string, unknown>
      for (const { name, at, value } of node.members) {
        if (!Object.hasOwn(fields, name)) throw fault(at, describeUnknown(name, names))
        values[name] = fields[name]!.shape.read(value, fault)
      }
      const missing = required.find((name) => !Object.hasOwn(values, name))
      if (missing !== undefined) throw fault(node.at, `"${missing}" is missing here`)
      return values as ObjectOf<F>
    },
  }
}

function describeUnknown(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  const guess = meant === undefined ? '' : `; did you mean "${meant}"?`
  return `unknown name ${JSON.stringify(name)}${guess} (there are: ${known.join(', ')})`
}
