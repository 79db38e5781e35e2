/** The door for Node without a bundler: `import hello from './hello.wasm'`, verified and bound when it is loaded. */

export { register } from './plugin/node/register.js'
export type { JcoOptions, KeySource, Limits, Options } from './plugin/options.js'
