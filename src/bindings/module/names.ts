/** How values and names enter generated code. */

import { toLatin1 } from '../../format/encoding.js'

export const local = (name: string) => `$signedWasm${name[0]!.toUpperCase()}${name.slice(1)}`

export const hostName = (index: number) => `$signedWasmHost${index}`

// String export names need ES2022; identifiers keep the rest working in older tools.
export function exportName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)
}

export function base64(bytes: Uint8Array): string {
  return btoa(toLatin1(bytes))
}

// JSON is JavaScript since ES2019, but older tools still choke on raw line separators.
export function literal(value: unknown): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
