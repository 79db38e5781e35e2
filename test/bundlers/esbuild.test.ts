import { describeBehaviour } from '../kit/behaviour.js'
import { describeMatrix } from '../kit/matrix.js'

describeMatrix('esbuild')
describeBehaviour('esbuild', {
  coreModule: {
    main: `import bytes from './core.wasm'\nglobalThis.answers = (await WebAssembly.instantiate(bytes)).instance.exports.answer()`,
    config: { loader: { '.wasm': 'binary' }, target: 'es2022' },
  },
})
