/** `signed-wasm trusted-root`: which logs and authorities a trusted root of Sigstore trusts, and since when. */

import { resolve } from 'node:path'
import { openTrustedRoot } from '../../disk/trusted-root.js'
import { printable } from '../../errors/text.js'
import { type TrustedService, trustedServices } from '../../format/trusted-root.js'
import { defineCommand, UsageError } from '../define-command.js'
import { EXIT } from '../exit.js'
import { TRUSTED_ROOT } from '../identity-options.js'

/** `signed-wasm trusted-root`. */
export const trustedRoot = defineCommand({
  usage: '[--trusted-root <file>]',
  options: { ...TRUSTED_ROOT, json: { type: 'boolean', default: false, help: 'print JSON' } },
  examples: ['npx unplugin-signed-wasm trusted-root'],
  run({ values, args, io }) {
    if (args.length > 0) throw new UsageError('name another root by --trusted-root <file>')
    const file = values['trusted-root']
    const { root, date, digest, source } = openTrustedRoot(file && resolve(io.cwd, file), file)
    const services = trustedServices(root)
    if (values.json) io.print(JSON.stringify({ source, date, sha256: digest, services }, null, 2))
    else
      io.out(`${printable(source, 200)}`, `date   ${date}`, `sha256 ${digest}`, ...services.flatMap(describe))
    return EXIT.ok
  },
})

function describe({ kind, name, start, end }: TrustedService): string[] {
  return ['', `${kind} ${printable(name)}`, `  from ${start}${end === undefined ? '' : ` to ${end}`}`]
}
