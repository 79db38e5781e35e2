import { describe, expect, it } from 'vitest'
import { defineCommand, type Options, UsageError, type Values } from '../../../src/cli/define-command.js'
import { DETACHED, INPUT, readSubject } from '../../../src/cli/input.js'
import { keyFormat, SECRET_KEY, secretKey, TRUSTED_KEYS, trustedKeys } from '../../../src/cli/key-options.js'
import { FORCE, OUTPUT } from '../../../src/cli/output.js'
import { openTerminal } from '../../kit/terminal.js'

const OPTIONS = {
  quiet: { type: 'boolean', default: false, help: '' },
  output: { type: 'string', value: '<file>', help: '' },
  mode: { type: 'string', default: 'strict', value: 'strict|lenient', help: '' },
  key: { type: 'string', short: 'k', multiple: true, default: [], value: '<file>', help: '' },
} as const satisfies Options

type Is<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const isExactly = <A, B>(_: Is<A, B>) => {}

/** What a command with these options is given. */
async function valuesOf(...args: string[]): Promise<Values<typeof OPTIONS>> {
  const seen: Values<typeof OPTIONS>[] = []
  const command = defineCommand({
    usage: '',
    options: OPTIONS,
    examples: [],
    run({ values }) {
      seen.push(values)
      return 0
    },
  })
  await command.run(args, undefined as never)
  return seen[0]!
}

describe('the values of a command', () => {
  it('have the types that its options say', () => {
    isExactly<
      Values<typeof OPTIONS>,
      { readonly quiet: boolean; readonly output: string | undefined } & {
        readonly mode: string
        readonly key: readonly string[]
      } extends infer All
        ? { readonly [Name in keyof All]: All[Name] }
        : never
    >(true)
  })

  it('are named by its options: a misspelt flag does not compile', () => {
    defineCommand({
      usage: '',
      options: { ...OPTIONS, 'key-env': { type: 'string', value: '<name>', help: '' } },
      examples: [],
      run({ values }) {
        isExactly<typeof values.quiet, boolean>(true)
        isExactly<(typeof values)['key-env'], string | undefined>(true)
        // @ts-expect-error a misspelt flag
        void values.quit
        // @ts-expect-error a misspelt flag
        void values['key-emv']
        // @ts-expect-error one text, not a list of them
        void values.output.map
        return 0
      },
    })
  })

  it('are asked of a command by the helpers that read them', () => {
    const given = <O extends Options>(_: O) => undefined as never as { values: Values<O>; io: never }
    const compile = () => {
      trustedKeys(given(TRUSTED_KEYS))
      // @ts-expect-error `key` of a command that signs is another one
      trustedKeys(given(SECRET_KEY))
      // @ts-expect-error and the other way round
      secretKey(given(TRUSTED_KEYS))
      readSubject('', given({ ...DETACHED, ...INPUT }))
      // @ts-expect-error without the flag
      readSubject('', given({ ...OUTPUT, ...FORCE }))
      // @ts-expect-error without the flag
      keyFormat({ mode: 'pem' })
    }
    expect(compile).toBeTypeOf('function')
  })

  it('are what was given, or the defaults', async () => {
    expect({ ...(await valuesOf()) }).toEqual({ quiet: false, mode: 'strict', key: [] })
    expect({ ...(await valuesOf('--quiet', '--output', 'a', '-k', 'b', '--key', 'c', '--mode=x')) }).toEqual({
      quiet: true,
      output: 'a',
      mode: 'x',
      key: ['b', 'c'],
    })
  })

  it.each([
    [['--kye', 'x'], 'unknown option --kye; did you mean --key?'],
    [['--something'], 'unknown option --something'],
    [['--output'], 'argument missing'],
    [['--quiet=yes'], 'does not take an argument'],
  ])('are not had from %j', async (args, message) => {
    await expect(valuesOf(...args)).rejects.toThrow(UsageError)
    await expect(valuesOf(...args)).rejects.toThrow(message)
  })
})

describe('an option that several commands have', () => {
  it('is the same in all of their helps', async () => {
    const terminal = openTerminal()
    const line = async (command: string, flag: string) =>
      (await terminal.run(command, '--help')).out
        .split('\n')
        .filter((text) => /^ +-/.test(text) && text.includes(`--${flag} `))
        .map((text) => text.trim().replace(/ +/g, ' '))
    const first = await line('verify', 'key')
    expect(first).toHaveLength(1)
    for (const command of ['matrix', 'types']) expect(await line(command, 'key')).toEqual(first)
    const force = await line('sign', 'force')
    expect(force).toHaveLength(1)
    for (const command of ['keygen', 'public-key', 'split', 'attach', 'detach', 'keys'])
      expect(await line(command, 'force')).toEqual(force)
  })
})
