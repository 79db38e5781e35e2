/** Everything that every adapter has to do, run with one bundler. */

import { describeAwait } from './await.js'
import { describeBehaviour } from './behaviour.js'
import { describeDuties } from './duties.js'
import type { Habits } from './habits.js'
import { describeLimits } from './limits.js'
import { describeMatrix } from './matrix.js'
import { describeSweep } from './sweep.js'
import { describeWatch } from './watch.js'

/** Declares the conformance suite for one bundler. */
export function describeConformance(habits: Habits): void {
  describeMatrix(habits)
  describeBehaviour(habits)
  describeDuties(habits)
  describeAwait(habits)
  describeSweep(habits)
  describeLimits(habits)
  describeWatch(habits)
}
