/** The ids of sections by what they hold, in both layers. Nowhere else does such a number stand. */

/** Custom sections have one id in either layer. By itself, since it is all that a page needs of these tables. */
export const CUSTOM_SECTION = 0

/** @see WebAssembly core specification 5.5.2 */
export const CORE_SECTION = {
  custom: CUSTOM_SECTION,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  'data count': 12,
  tag: 13,
} as const

/** @see Component Model, Binary.md, "Component Definitions" */
export const COMPONENT_SECTION = {
  custom: CUSTOM_SECTION,
  'core module': 1,
  'core instance': 2,
  'core type': 3,
  component: 4,
  instance: 5,
  alias: 6,
  type: 7,
  canon: 8,
  start: 9,
  import: 10,
  export: 11,
  value: 12,
} as const
