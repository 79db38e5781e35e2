import { describe, expect, it } from 'vitest'
import type { BindgenOptions, Runner } from '../../../src/bindings/jco/job.js'
import { startQueue } from '../../../src/bindings/jco/queue.js'
import { LIMITS } from '../../kit/bindings.js'

/** A runner that answers when it is told, and a clock that strikes then. */
function setUp() {
  const answers: (() => void)[] = []
  const alarms = new Set<{ strike: () => void; ms: number }>()
  const output = { files: {}, imports: [], exports: [] }
  const runner: Runner = {
    ask: () =>
      new Promise((resolve) => {
        answers.push(() => resolve({ status: 'done', output }))
      }),
    isGone: () => false,
    end: async () => {},
  }
  const clock = (strike: () => void, ms: number) => {
    const alarm = { strike, ms }
    alarms.add(alarm)
    return () => void alarms.delete(alarm)
  }
  const queue = startQueue(() => runner, LIMITS, clock)
  const said: string[] = []
  const run = (name: string) =>
    queue.run({ bytes: new Uint8Array(), options: {} as BindgenOptions }, () => said.push(name))
  const strike = () => [...alarms].forEach((alarm) => alarm.strike())
  const until = (count: number) => expect.poll(() => answers.length).toBe(count)
  return {
    run,
    said,
    strike,
    until,
    answer: (index: number) => answers[index]!(),
    alarms,
    close: queue.close,
  }
}

describe('a job that runs for a second', () => {
  it('is told of, once, while it runs', async () => {
    const { run, said, strike, until, answer, alarms, close } = setUp()
    const done = run('slow')
    await until(1)
    expect([...alarms].map(({ ms }) => ms)).toEqual([1000])
    expect(said).toEqual([])
    strike()
    expect(said).toEqual(['slow'])
    answer(0)
    await done
    strike()
    expect(said).toEqual(['slow'])
    await close()
  })

  it('is one that runs, not one that waits for others', async () => {
    const { run, said, strike, until, answer, close } = setUp()
    const [one, two] = [run('first'), run('second')]
    await until(1)
    strike()
    answer(0)
    await one
    await until(2)
    answer(1)
    await two
    strike()
    expect(said).toEqual(['first'])
    await close()
  })
})
