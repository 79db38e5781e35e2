import { describeBehaviour } from '../kit/behaviour.js'
import { describeMatrix } from '../kit/matrix.js'

describeMatrix('vite')
describeBehaviour('vite', {
  coreModule: { main: `import { answer } from './core.wasm'\nglobalThis.answers = answer()` },
})
