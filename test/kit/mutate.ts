/** Small damage to a text of JSON, the same for the same seed. */

/** A stream of numbers from 0 to below `limit`. @see Marsaglia, Xorshift RNGs, 2003 */
export type Dice = (limit: number) => number

export function dice(seed: number): Dice {
  let state = seed >>> 0 || 1
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}

/** Where something lies in a value: the object or list that holds it, and its name there. */
interface Spot {
  holder: Record<string, unknown>
  name: string
}

const ODD = [
  null,
  true,
  0,
  -1,
  7,
  '',
  'a',
  [],
  {},
  [[]],
  '__proto__',
  '0',
  '-1',
  '1e3',
  ' ',
  '\u0000',
  'AAAA',
]

/** One to three changes of a text, of its values or of the values of another bundle put in their place. */
export function mutated(text: string, other: string, roll: Dice): string {
  let result = text
  for (let left = 1 + roll(3); left > 0; left--)
    result = roll(2) === 0 ? inText(result, roll) : inValues(result, other, roll)
  return result
}

function inText(text: string, roll: Dice): string {
  const [at, length] = [roll(text.length), 1 + roll(40)]
  const [before, rest] = [text.slice(0, at), text.slice(at + length)]
  switch (roll(5)) {
    case 0:
      return before + rest
    case 1:
      return before + text.slice(at, at + length).repeat(2) + rest
    case 2:
      return before + String.fromCharCode(32 + roll(95)) + text.slice(at + 1)
    case 3:
      return before + String.fromCharCode(roll(0x10000)) + text.slice(at)
    default:
      return before
  }
}

function inValues(text: string, other: string, roll: Dice): string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return inText(text, roll) // damaged before
  }
  const spots = spotsOf(value)
  if (spots.length === 0) return inText(text, roll)
  const { holder, name } = spots[roll(spots.length)]!
  const donors = spotsOf(JSON.parse(other))
  const donor = donors[roll(donors.length)]!
  switch (roll(4)) {
    case 0:
      delete holder[name]
      break
    case 1:
      holder[name] = ODD[roll(ODD.length)]
      break
    case 2:
      holder[name] = donor.holder[donor.name]
      break
    default:
      holder[name] = flipped(holder[name], roll)
  }
  return JSON.stringify(value)
}

function spotsOf(value: unknown): Spot[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap((name) => [{ holder, name }, ...spotsOf(holder[name])])
}

/** One bit of what a text holds in base64; other values are turned into texts, numbers into others. */
function flipped(value: unknown, roll: Dice): unknown {
  if (typeof value === 'number') return value + 1
  if (typeof value !== 'string' || value === '') return JSON.stringify(value)
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length === 0) return `${value}x`
  bytes[roll(bytes.length)]! ^= 1 << roll(8)
  return bytes.toString('base64')
}
