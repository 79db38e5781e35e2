// How cost grows with size. CPU time, not the clock: the machine has other work to do.

/** A call that takes this many milliseconds is not repeated: what disturbs it is short beside it. */
const LONG_MS = 300

/**
 * CPU time of one call in milliseconds, the least of several, which is the one that was disturbed least.
 * @param {() => unknown} run
 */
export function cpuTime(run, rounds = 3) {
  let least = Infinity
  for (let round = 0; round < rounds && !(least > LONG_MS && least < Infinity); round++) {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}

/** What is lost in noise: engines compile and collect garbage in bursts of this many milliseconds. */
const NOISE_MS = 15

/** A quadratic cost takes 8 times as long for each byte at 8 times the size; a linear one as long. */
const SLACK = 3

/**
 * Runs something on inputs of 1, 2, 4 and 8 times a size and compares how long each byte takes.
 * @template T
 * @param {{ size: number, make: (size: number) => T, run: (input: T) => unknown, attempts?: number }} what
 *   measured anew up to `attempts` times before it counts as growing faster than its input
 * @returns {{ isLinear: boolean, times: number[] }} milliseconds by size
 */
export function growth({ size, make, run, attempts = 3 }) {
  const inputs = [1, 2, 4, 8].map((factor) => make(size * factor))
  run(inputs[0]) // so that compiling is not part of the first time
  for (let attempt = 1; ; attempt++) {
    const times = inputs.map((input) => cpuTime(() => run(input)))
    const isLinear = times.every((time, index) => time <= (times[0] + NOISE_MS) * 2 ** index * SLACK)
    if (isLinear || attempt === attempts) return { isLinear, times }
  }
}
