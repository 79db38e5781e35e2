/** `signed-wasm keys fetch`: downloads an account's public keys for review. The only command that uses the network. */

import { problem } from '../../errors/raise.js'
import { concatBytes } from '../../format/encoding.js'
import { parsePublicKeys } from '../../trust/keys/read.js'
import { describeSigner } from '../../trust/statement.js'
import { defineCommand, UsageError } from '../define-command.js'
import { EXIT } from '../exit.js'
import { FORCE, OUTPUT } from '../output.js'

/** A list of keys is a few kilobytes. */
const MAX_BYTES = 1024 * 1024

const TIMEOUT_MS = 15_000

/** `signed-wasm keys`. */
export const keys = defineCommand({
  usage: 'fetch <account> -o <file>',
  options: {
    output: { ...OUTPUT.output, help: 'where to write (default: <account>.keys)' },
    host: {
      type: 'string',
      default: 'https://github.com',
      value: '<url>',
      help: 'where <url>/<account>.keys is (default: https://github.com)',
    },
    yes: {
      type: 'boolean',
      default: false,
      help: 'allow it in CI, where a download should not decide what is trusted',
    },
    ...FORCE,
  },
  examples: ['npx unplugin-signed-wasm keys fetch octocat -o octocat.keys'],
  async run({ values, args, io }) {
    const [action, account, ...others] = args
    if (action !== 'fetch' || account === undefined || others.length > 0)
      throw new UsageError('say: keys fetch <account>')
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(account))
      throw new UsageError('an account name holds letters, digits, dots and dashes')
    if (io.env['CI'] && !values.yes) {
      throw new UsageError('keys are not fetched in CI: commit the reviewed file, or say --yes')
    }
    const url = `${values.host.replace(/\/+$/, '')}/${account}.keys`
    const bytes = await download(url)
    const found = parsePublicKeys(bytes, url)
    const output = values.output ?? `${account}.keys`
    io.write(output, bytes, { replace: values.force, links: 'refuse' })
    io.out(`wrote ${output}; review it before you commit and trust it:`)
    for (const key of found) io.out(`  ${describeSigner(key)}`)
    return EXIT.ok
  },
})

async function download(url: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok) throw new Error(`it answered ${response.status}`)
    return await readBounded(response)
  } catch (cause) {
    throw problem(
      'KEY_UNREADABLE',
      { source: url, reason: cause instanceof Error ? cause.message : 'no answer' },
      { cause },
    )
  }
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MAX_BYTES) throw new Error('it is larger than 1 MiB')
    chunks.push(chunk)
  }
  return concatBytes(...chunks)
}
