import { describeBehaviour } from '../kit/behaviour.js'
import { describeMatrix } from '../kit/matrix.js'

describeMatrix('webpack')
describeBehaviour('webpack', {
  coreModule: {
    main: `import { answer } from './core.wasm'\nglobalThis.answers = answer()`,
    config: { experiments: { asyncWebAssembly: true } },
  },
})
