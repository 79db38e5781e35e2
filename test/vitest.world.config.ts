/** Tests with everything that npm can install for them. */

import config from './vitest.config.js'

// Workers get them as well.
process.env['SIGNED_WASM_FRAMEWORKS'] = '1'
process.env['SIGNED_WASM_WORLD'] = '1'

export default config
