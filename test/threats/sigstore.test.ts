/** THREAT 49: bundles of Sigstore beside a component: another file, a look-alike, a shared workflow, another predicate. */

import { expect, it } from 'vitest'
import { identityCases } from '../kit/sigstore.js'

const cases = identityCases()

it('has a bundle for each attack, and good ones beside them', () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  expect(new Set(cases.map(({ bundle, signer }) => bundle + JSON.stringify(signer))).size).toBe(cases.length)
  expect(cases.filter(({ expect: verdict }) => verdict === 'accept').length).toBeGreaterThan(20)
  expect(cases.length).toBeGreaterThan(200)
})
