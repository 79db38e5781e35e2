import { describeBehaviour } from '../kit/behaviour.js'
import { describeMatrix } from '../kit/matrix.js'

describeMatrix('rolldown')
describeBehaviour('rolldown', {
  coreModule: {
    main: `import bytes from './core.wasm'\nglobalThis.answers = (await WebAssembly.instantiate(bytes)).instance.exports.answer()`,
    config: { moduleTypes: { '.wasm': 'binary' } },
  },
})
