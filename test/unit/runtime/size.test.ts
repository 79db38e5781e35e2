import { expect, it } from 'vitest'
import { LIMITS, runtimeSizes } from '../../bench/sizes.mjs'

const sizes = await runtimeSizes()

it.each(Object.entries(sizes))(
  'a page gets no more than its limit for "%s", and gets something',
  (use, bytes) => {
    expect(bytes).toBeGreaterThan(200)
    expect(bytes).toBeLessThanOrEqual(LIMITS[use as keyof typeof LIMITS])
  },
)
